import type { Difference } from '../differences.ts';

const R53 = 'https://docs.aws.amazon.com/Route53/latest/APIReference';
const CLOUDWATCH = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference';
const PUBLISH = 'https://docs.aws.amazon.com/sns/latest/api/API_Publish.html';
const CARRIED_OUT = /got it was carried out/;

const METRICS: readonly Difference[] = [
  {
    id: 'start-not-rounded',
    peer: 'moto',
    instead: 'counts periods from the second that is asked for',
    right: '"Start time less than 15 days ago - Round down to the nearest whole minute"',
    page: `${CLOUDWATCH}/API_GetMetricData.html`,
    breaks: { GetMetricData: ['success › a start within a minute takes the whole minute'] },
    looksLike: /expected \[ 0\.5/,
  },
  {
    id: 'metric-data-in-one-piece',
    peer: 'moto',
    instead: 'answers all datapoints at once, whatever MaxDatapoints says',
    right: '"The maximum number of data points the request should return before paginating"',
    page: `${CLOUDWATCH}/API_GetMetricData.html`,
    breaks: { GetMetricData: ['pages › every datapoint once'] },
    looksLike: /expected 1 to be greater than 1/,
  },
  {
    id: 'queries-not-counted',
    peer: 'moto',
    instead: 'takes any number of queries',
    right: '"A single GetMetricData call can include as many as 500 MetricDataQuery structures"',
    page: `${CLOUDWATCH}/API_GetMetricData.html`,
    breaks: { GetMetricData: ['invalid › more than 500 queries'] },
    looksLike: CARRIED_OUT,
  },
  {
    id: 'query-ids-not-unique',
    peer: 'moto',
    instead: 'takes two queries with one id',
    right: '"This name must be unique within the response"',
    page: `${CLOUDWATCH}/API_MetricDataQuery.html`,
    breaks: { GetMetricData: ['invalid › an id twice'] },
    looksLike: CARRIED_OUT,
  },
  {
    id: 'cloudwatch-validation-exception',
    peer: 'moto',
    instead: 'names the error ValidationException',
    right: 'the common error is named ValidationError',
    page: `${CLOUDWATCH}/CommonErrors.html`,
    breaks: { GetMetricData: ['invalid › a start that is not before the end'] },
    looksLike: /got ValidationException \(HTTP 400, bug to the adapters\)/,
  },
  {
    id: 'cloudwatch-is-monitoring',
    peer: 'moto',
    instead: 'knows the actions as monitoring:GetMetricData and so on, after the name that requests are signed with',
    right: 'the prefix of the actions is cloudwatch',
    page: 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html',
    breaks: { GetMetricData: ['denied › is refused'], DescribeAlarms: ['denied › is refused'] },
    looksLike: CARRIED_OUT,
  },
];

const ALARMS: readonly Difference[] = [
  {
    id: 'no-composite-alarms',
    peer: 'moto',
    instead: 'breaks down with HTTP 500: it has no PutCompositeAlarm, so that there is none to be read',
    right: 'composite alarms are answered to who names their type, and only to him',
    page: `${CLOUDWATCH}/API_PutCompositeAlarm.html`,
    breaks: {
      DescribeAlarms: [
        'success › composite ones beside the others, to who asks for both',
        'success › composite ones to nobody else',
        'success › a composite one is in ALARM with the one that it is over',
        'pages › composite ones and the others in one run of pages',
      ],
    },
    looksLike: /\(500\) when calling the PutCompositeAlarm/,
  },
  {
    id: 'alarms-in-one-piece',
    peer: 'moto',
    instead: 'answers all alarms at once, whatever MaxRecords says',
    right: 'MaxRecords: "Minimum value of 1. Maximum value of 100"',
    page: `${CLOUDWATCH}/API_DescribeAlarms.html`,
    breaks: { DescribeAlarms: ['invalid › a page of more than 100', 'pages › every alarm once'] },
    looksLike: /got it was carried out|expected 1 to be greater than 1/,
  },
  {
    id: 'alarm-names-not-counted',
    peer: 'moto',
    instead: 'takes any number of names',
    right: 'AlarmNames: "Maximum number of 100 items"',
    page: `${CLOUDWATCH}/API_DescribeAlarms.html`,
    breaks: { DescribeAlarms: ['invalid › more than 100 names'] },
    looksLike: CARRIED_OUT,
  },
];

const DNS: readonly Difference[] = [
  {
    id: 'names-as-given',
    peer: 'moto',
    instead: 'answers names as they were given',
    right: 'Route 53 answers an asterisk as \\052, and treats capitals as small letters',
    page: 'https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html',
    breaks: { ListResourceRecordSets: ['success › an asterisk is spelled as its octal code, and capitals are small'] },
    looksLike: /to include '\\052\.wild\.example\.com\.'/,
  },
  {
    id: 'no-start-identifier',
    peer: 'moto',
    instead: 'neither gives nor takes the identifier from which to read on, so that sets of one name come twice',
    right: 'NextRecordIdentifier and StartRecordIdentifier, for sets that have one',
    page: `${R53}/API_ListResourceRecordSets.html`,
    breaks: {
      ListResourceRecordSets: ['pages › every set once, also where a page ends between two sets of one name'],
    },
    looksLike: /expected \[ \d+, 4 \] to deeply equal \[ 8, 3 \]/,
  },
  {
    id: 'batches-not-atomic',
    peer: 'moto',
    instead: 'does what it can of a batch before it meets what it cannot',
    right: '"Route 53 validates the changes in the request and then either makes all or none of the changes"',
    page: `${R53}/API_ChangeResourceRecordSets.html`,
    breaks: { ChangeResourceRecordSets: ['invalid › of a batch with one bad change nothing is done'] },
    looksLike: /expected \{ tokyo: \+?0 \} to deeply equal/,
  },
  {
    id: 'delete-not-exact',
    peer: 'moto',
    instead: 'deletes whatever the weight, and says nothing when there is no such set',
    right:
      '"To delete a resource record set, you must specify all the same values that you specified when you created it"',
    page: `${R53}/API_ChangeResourceRecordSets.html`,
    breaks: {
      ChangeResourceRecordSets: [
        'not found › a set that is not there cannot be deleted',
        'invalid › a set that is no more what was read: the whole batch is refused',
      ],
    },
    looksLike: CARRIED_OUT,
  },
  {
    id: 'delete-by-identifier',
    peer: 'moto',
    instead: 'deletes every set of the zone that has the identifier, whatever its name and type',
    right: 'a set is known by name, type and identifier',
    page: `${R53}/API_ResourceRecordSet.html`,
    breaks: { ChangeResourceRecordSets: ['success › other names stay as they are'] },
    looksLike: /expected \{\} to deeply equal \{ seoul: 100/,
  },
  {
    id: 'create-twice',
    peer: 'moto',
    instead: 'creates a set beside one that exists',
    right: 'CREATE "creates a resource record set"; one that exists is an InvalidChangeBatch',
    page: `${R53}/API_ChangeResourceRecordSets.html`,
    breaks: { ChangeResourceRecordSets: ['invalid › a set that exists cannot be created'] },
    looksLike: CARRIED_OUT,
  },
  {
    id: 'identical-create-refused',
    peer: 'moto',
    instead: 'refuses to create what was created before, also when the same batch deletes it first',
    right:
      '"Route 53 deletes the first resource record set and creates the second resource record set in a single operation"',
    page: `${R53}/API_ChangeResourceRecordSets.html`,
    breaks: {
      ChangeResourceRecordSets: ['success › a set that keeps its weight may be deleted and created in one batch'],
    },
    looksLike: /but it already exists/,
  },
  {
    id: 'any-weight',
    peer: 'moto',
    instead: 'takes any number for a weight',
    right: 'Weight: "Minimum value of 0. Maximum value of 255"',
    page: `${R53}/API_ResourceRecordSet.html`,
    breaks: { ChangeResourceRecordSets: ['invalid › a weight above 255'] },
    looksLike: CARRIED_OUT,
  },
  {
    id: 'insync-at-once',
    peer: 'moto',
    instead: 'says INSYNC from the start',
    right: 'PENDING "is the initial status of all change batch requests"',
    page: `${R53}/API_GetChange.html`,
    breaks: { GetChange: ['success › is PENDING at first'] },
    looksLike: /expected 'INSYNC' to be 'PENDING'/,
  },
  {
    id: 'any-change',
    peer: 'moto',
    instead: 'says INSYNC of changes that never were',
    right: 'NoSuchChange, HTTP 404',
    page: `${R53}/API_GetChange.html`,
    breaks: { GetChange: ['not found › an unknown change'] },
    looksLike: CARRIED_OUT,
  },
  {
    id: 'dns-denied-nameless',
    peer: 'moto',
    instead: 'denies in a form that is not Route 53’s, so that the SDK finds no name: only the status tells',
    right: 'AccessDenied, HTTP 403',
    page: `${R53}/CommonErrors.html`,
    breaks: {
      ListResourceRecordSets: ['denied › is refused'],
      ChangeResourceRecordSets: ['denied › changes nothing'],
      GetChange: ['denied › is refused'],
    },
    looksLike: /got Unknown \(HTTP 403, Denied to the adapters\)/,
  },
];

const NOTICES: readonly Difference[] = [
  {
    id: 'sns-denied-by-another-name',
    peer: 'moto',
    instead: 'denies with AccessDenied',
    right: 'AuthorizationError, HTTP 403',
    page: PUBLISH,
    breaks: { Publish: ['denied › nobody hears of it'] },
    looksLike: /got AccessDenied \(HTTP 403, Denied to the adapters\)/,
  },
  {
    id: 'any-text-is-published',
    peer: 'moto',
    instead: 'takes empty messages and subjects of several lines',
    right: 'a subject "must not include line breaks or control characters", and a message is required',
    page: PUBLISH,
    breaks: { Publish: ['invalid › a subject of more than a line', 'invalid › no message'] },
    looksLike: CARRIED_OUT,
  },
];

export const RECORD_DIFFERENCES: readonly Difference[] = [...METRICS, ...ALARMS, ...DNS, ...NOTICES];
