import type { Difference } from '../differences.ts';

const API = 'https://docs.aws.amazon.com/autoscaling/ec2/APIReference';
/** moto's way of breaking down. */
const HTTP_500 = /HTTP 500|mismatched tags <html>|500 Internal Server Error/;

/** Also what the proxy makes up for in all other wire tests: see wire.ts. */
export const NO_REFRESHES: Difference = {
  id: 'no-instance-refreshes',
  peer: 'moto',
  instead: 'breaks down with HTTP 500: it has neither StartInstanceRefresh nor DescribeInstanceRefreshes',
  right: 'the refreshes of the group, by page',
  page: `${API}/API_DescribeInstanceRefreshes.html`,
  breaks: {
    DescribeInstanceRefreshes: [
      'success › a group without any has an empty list',
      'success › one that runs, before one that is over',
      'not found › an unknown group is an error',
      'invalid › a page of more than 100',
      'pages › every refresh once, the latest first',
    ],
  },
  looksLike: HTTP_500,
};

export const GROUP_DIFFERENCES: readonly Difference[] = [
  NO_REFRESHES,
  {
    id: 'iam-without-resources',
    peer: 'moto',
    instead: 'asks IAM policies about no resource and no condition: a statement on one group permits nothing',
    right: 'Auto Scaling supports permissions on single groups, by their ARN',
    page: 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html',
    breaks: { SetDesiredCapacity: ['denied › is not, with the statements that the policy file makes'] },
    looksLike: /expected 1 to be 2/,
  },
  {
    id: 'group-pages-break',
    peer: 'moto',
    instead: 'breaks down with HTTP 500 at more than 100 groups a page',
    right: '"The default value is 50 and the maximum value is 100": a ValidationError',
    page: `${API}/API_DescribeAutoScalingGroups.html`,
    breaks: { DescribeAutoScalingGroups: ['invalid › a page of more than 100'] },
    looksLike: HTTP_500,
  },
  {
    id: 'scalers-have-no-pages',
    peer: 'moto',
    instead: 'answers all policies and all schedules at once, whatever MaxRecords says',
    right:
      '"The maximum number of items to be returned with each call. The default value is 50 and the maximum value is 100"',
    page: `${API}/API_DescribePolicies.html`,
    breaks: {
      DescribePolicies: ['invalid › a page of more than 100', 'pages › the policies of all groups, each once'],
      DescribeScheduledActions: ['invalid › a page of more than 100', 'pages › the schedules of all groups, each once'],
    },
    looksLike: /got it was carried out|expected 1 to be greater than 1/,
  },
  {
    id: 'policy-without-enabled',
    peer: 'moto',
    instead: 'leaves out whether a policy is enabled',
    right: 'Enabled "indicates whether the policy is enabled (true) or disabled (false)"',
    page: `${API}/API_ScalingPolicy.html`,
    breaks: { DescribePolicies: ['success › a policy with its group and type, enabled'] },
    looksLike: /to match object \[ \{ PolicyName/,
  },
  {
    id: 'capacity-of-nobody',
    peer: 'moto',
    instead: 'breaks down with HTTP 500 at an unknown group',
    right: 'ValidationError, HTTP 400',
    page: `${API}/CommonErrors.html`,
    breaks: { SetDesiredCapacity: ['not found › an unknown group'] },
    looksLike: HTTP_500,
  },
  {
    id: 'capacity-out-of-bounds',
    peer: 'moto',
    instead: 'takes any capacity and any bounds, and launches or terminates accordingly',
    right:
      '"This number must be greater than or equal to the minimum size of the group and less than or equal to the maximum size"',
    page: `${API}/API_UpdateAutoScalingGroup.html`,
    breaks: {
      SetDesiredCapacity: [
        'invalid › above the maximum, told as the bound that somebody moved',
        'invalid › below the minimum, told as the bound that somebody moved',
      ],
      UpdateAutoScalingGroup: [
        'invalid › a number above the maximum, told as the bound that somebody moved',
        'invalid › a minimum above the maximum',
      ],
    },
    looksLike: /got it was carried out/,
  },
  {
    id: 'unhealthy-instances-stay',
    peer: 'moto',
    instead: 'marks the instance Unhealthy and leaves it InService for ever; ShouldRespectGracePeriod means nothing',
    right: 'the group terminates an instance that is marked unhealthy, and launches another',
    page: 'https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html',
    breaks: { SetInstanceHealth: ['success › the group terminates it'] },
    looksLike: /expected 'InService' to match/,
  },
  {
    id: 'health-of-nobody',
    peer: 'moto',
    instead: 'says InvalidInstanceID.NotFound, as EC2 does, to an unknown instance',
    right: 'a common error of Auto Scaling: ValidationError, HTTP 400',
    page: `${API}/CommonErrors.html`,
    breaks: { SetInstanceHealth: ['not found › an instance of no group'] },
    looksLike: /got InvalidInstanceID\.NotFound \(HTTP 400, NotFound to the adapters\)/,
  },
  {
    id: 'any-health',
    peer: 'moto',
    instead: 'takes any word for a health, and then breaks down with HTTP 500',
    right:
      '"Set to Healthy to have the instance remain in service. Set to Unhealthy to have the instance be out of service"',
    page: `${API}/API_SetInstanceHealth.html`,
    breaks: { SetInstanceHealth: ['invalid › a health that there is not'] },
    looksLike: HTTP_500,
  },
];
