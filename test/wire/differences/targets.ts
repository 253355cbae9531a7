import type { Difference } from '../differences.ts';

const API = 'https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference';

export const TARGET_DIFFERENCES: readonly Difference[] = [
  {
    id: 'any-target-group-arn',
    peer: 'moto',
    instead: 'says TargetGroupNotFound to what is no ARN at all',
    right:
      'ValidationError: "… is not a valid target group ARN", quoted in https://github.com/spinnaker/spinnaker/issues/5574',
    page: `${API}/CommonErrors.html`,
    breaks: { DescribeTargetGroups: ['invalid › what is no ARN'], DescribeTargetHealth: ['invalid › what is no ARN'] },
    looksLike: /got TargetGroupNotFoundException \(HTTP 400, NotFound to the adapters\)/,
  },
  {
    id: 'target-group-pages',
    peer: 'moto',
    instead: 'has pages of 50, whatever PageSize says',
    right: '"The maximum number of results to return with this call", 1 to 400',
    page: `${API}/API_DescribeTargetGroups.html`,
    breaks: { DescribeTargetGroups: ['invalid › a page of more than 400', 'pages › every group once'] },
    looksLike: /got it was carried out|to be less than or equal to 2|expected 1 to be greater than 1/,
  },
  {
    id: 'targets-always-healthy',
    peer: 'moto',
    instead: 'checks nothing: a registered target is healthy at once and stays so',
    right: 'a target is initial while it is being registered and checked, and unhealthy when it fails its checks',
    page: `${API}/API_TargetHealth.html`,
    breaks: {
      DescribeTargetHealth: ['success › a target whose server does not answer is never healthy, and says why'],
      RegisterTargets: ['success › it starts at initial, whatever it was before'],
    },
    looksLike: /expected \{ State: 'healthy' \} to match object/,
  },
  {
    id: 'no-draining',
    peer: 'moto',
    instead: 'forgets a deregistered target at once',
    right: 'its state is draining until the deregistration delay is over',
    page: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay',
    breaks: { DescribeTargetHealth: ['success › a deregistered target drains before it is gone'] },
    looksLike: /expected undefined to match object \{ State: 'draining'/,
  },
  {
    id: 'no-administrative-override',
    peer: 'moto',
    instead: 'leaves out whether a zonal shift leads away from a target',
    right: 'AdministrativeOverride: its state is no_override when there is none',
    page: `${API}/API_AdministrativeOverride.html`,
    breaks: { DescribeTargetHealth: ['success › whether a zonal shift leads away from it'] },
    looksLike: /expected \[ undefined, undefined \] to deeply equal \[ 'no_override'/,
  },
  {
    id: 'targets-by-id',
    peer: 'moto',
    instead:
      'keeps targets by id alone: a second port takes the place of the first, and deregistering takes out either',
    right:
      '"If you specified a port override when you registered a target, you must specify both the target ID and the port when you deregister it"',
    page: `${API}/API_DeregisterTargets.html`,
    breaks: {
      RegisterTargets: ['success › two ports of one server are two targets'],
      DeregisterTargets: [
        'success › only the port that is named',
        'success › without a port, one that is registered with another port than the group’s stays',
      ],
    },
    looksLike: /to deeply equal \[ 'i-|to include 'i-\w+:8080'/,
  },
  {
    id: 'unknown-target-refused',
    peer: 'moto',
    instead: 'refuses to deregister a target that is not registered',
    right: '"If the specified target does not exist, the action returns successfully"',
    page: `${API}/API_DeregisterTargets.html`,
    breaks: { DeregisterTargets: ['not found › a target that is not registered succeeds'] },
    looksLike: /specified target does not exist/,
  },
  {
    id: 'any-instance-is-a-target',
    peer: 'moto',
    instead: 'registers instances that do not exist',
    right: 'InvalidTarget: "The specified target does not exist, is not in the same VPC as the target group, …"',
    page: `${API}/API_RegisterTargets.html`,
    breaks: { RegisterTargets: ['not found › no such instance'] },
    looksLike: /got it was carried out/,
  },
  {
    id: 'any-port',
    peer: 'moto',
    instead: 'takes any number for a port',
    right: 'Port: "Minimum value of 1. Maximum value of 65535"',
    page: `${API}/API_TargetDescription.html`,
    breaks: {
      RegisterTargets: ['invalid › a port that there is not'],
      DeregisterTargets: ['invalid › a port that there is not'],
    },
    looksLike: /got it was carried out/,
  },
];
