import type { Difference } from '../differences.ts';

const ELB = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference';
const SNS = 'https://docs.aws.amazon.com/sns/latest/api';
const DYNAMO = 'https://docs.aws.amazon.com/amazondynamodb/latest';
const IAM = 'https://docs.aws.amazon.com/IAM/latest/APIReference';

const NO_NAME = ['invalid › what is no name'];

export const ACCOUNT_DIFFERENCES: readonly Difference[] = [
  {
    id: 'any-check-interval',
    peer: 'moto',
    instead: 'takes any interval of health checks',
    right: '"Minimum value of 5. Maximum value of 300."',
    page: `${ELB}/API_ModifyTargetGroup.html`,
    breaks: { ModifyTargetGroup: ['invalid › an interval that is not offered'] },
    looksLike: /got it was carried out/,
  },
  {
    id: 'subscriptions-uncounted',
    peer: 'moto',
    instead: 'counts no subscription of a topic',
    right: '"SubscriptionsConfirmed – The number of confirmed subscriptions for the topic"',
    page: `${SNS}/API_GetTopicAttributes.html`,
    breaks: { GetTopicAttributes: ['success › who has confirmed is counted'] },
    looksLike: /expected '0' to be '1'/,
  },
  {
    id: 'topic-denied-by-another-name',
    peer: 'moto',
    instead: 'denies with AccessDenied',
    right: 'AuthorizationError, HTTP 403',
    page: `${SNS}/API_GetTopicAttributes.html`,
    breaks: { GetTopicAttributes: ['denied › says so'] },
    looksLike: /got AccessDenied \(HTTP 403, Denied to the adapters\)/,
  },
  {
    id: 'topic-of-no-arn',
    peer: 'moto',
    instead: 'breaks down with HTTP 500 at what is no ARN of a topic',
    right: 'InvalidParameter, HTTP 400',
    page: `${SNS}/API_GetTopicAttributes.html`,
    breaks: { GetTopicAttributes: ['invalid › what is no ARN'] },
    looksLike: /HTTP 500, Unavailable to the adapters/,
  },
  {
    id: 'settings-denied-as-xml',
    peer: 'moto',
    instead: 'denies in XML with HTTP 403, where the SDK expects JSON: only the status tells',
    right: 'AccessDeniedException, HTTP 400',
    page: `${DYNAMO}/developerguide/Programming.Errors.html`,
    breaks: { DescribeTimeToLive: ['denied › says so'], DescribeContinuousBackups: ['denied › says so'] },
    looksLike: /got SyntaxError \(HTTP 403, Denied to the adapters\)/,
  },
  {
    id: 'no-such-table-by-another-name',
    peer: 'moto',
    instead: 'says ResourceNotFound of a table that is not there',
    right: 'ResourceNotFoundException, HTTP 400',
    page: `${DYNAMO}/APIReference/API_DescribeTimeToLive.html`,
    breaks: { DescribeTimeToLive: ['not found › no such table'] },
    looksLike: /got ResourceNotFound \(HTTP 400, NotFound to the adapters\)/,
  },
  {
    id: 'any-table-name',
    peer: 'moto',
    instead: 'looks for a table whose name there cannot be, and does not find it',
    right: 'ValidationException, HTTP 400',
    page: `${DYNAMO}/developerguide/Programming.Errors.html`,
    breaks: { DescribeTimeToLive: NO_NAME, DescribeContinuousBackups: NO_NAME },
    looksLike: /got (ResourceNotFound|TableNotFoundException) \(HTTP 400, NotFound to the adapters\)/,
  },
  {
    id: 'any-role-name',
    peer: 'moto',
    instead: 'looks for a role or policy whose name there cannot be, and does not find it',
    right: 'ValidationError, HTTP 400: "The input fails to satisfy the constraints specified by an AWS service"',
    page: `${IAM}/CommonErrors.html`,
    breaks: {
      GetRole: NO_NAME,
      ListRolePolicies: NO_NAME,
      GetRolePolicy: NO_NAME,
      ListAttachedRolePolicies: NO_NAME,
      GetPolicy: NO_NAME,
      GetPolicyVersion: NO_NAME,
    },
    looksLike: /got NoSuchEntityException \(HTTP 404, NotFound to the adapters\)/,
  },
  {
    id: 'policy-lists-have-no-pages',
    peer: 'moto',
    instead: 'gives all inline policies at once, and says of the last page of attached ones that more follow',
    right: '"Use this only when paginating results to indicate the maximum number of items you want in the response"',
    page: `${IAM}/API_ListRolePolicies.html`,
    breaks: {
      ListRolePolicies: ['pages › one after the other'],
      ListAttachedRolePolicies: ['pages › one after the other'],
    },
    looksLike: /expected \[ (false, false|true, true) \] to deeply equal \[ true, false \]/,
  },
];
