/** Target groups over the Elastic Load Balancing API. */
import type {
  ElasticLoadBalancingV2Client,
  TargetGroup,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  paginateDescribeTargetGroups,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { TargetGroupView, TargetState, TargetView } from '../core/model.ts';
import type { TargetPort } from '../ports.ts';
import { PortError } from '../ports.ts';
import { calling, present } from './errors.ts';

type Group = Pick<TargetGroupView, 'arn' | 'targetType'>;

const STATES: ReadonlySet<string> = new Set<TargetState>([
  'initial',
  'healthy',
  'unhealthy',
  'unhealthy.draining',
  'unused',
  'draining',
  'unavailable',
]);

/** A state that this version does not know counts neither as passing nor as failing: that is what `unavailable` does. */
function stateOf(state: string | undefined): TargetState {
  return state !== undefined && STATES.has(state) ? (state as TargetState) : 'unavailable';
}

function targetView(description: TargetHealthDescription): TargetView {
  const target = present(description.Target, 'Target');
  const id = present(target.Id, 'Target.Id');
  // Only Lambda functions have no port, and their target groups are refused.
  const port = target.Port ?? 0;
  return {
    key: `${id}:${port}`,
    id,
    port,
    zone: target.AvailabilityZone,
    state: stateOf(description.TargetHealth?.State),
    reason: description.TargetHealth?.Reason,
    // `unknown` counts as shifted: what cannot be read must not be taken for calm.
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AdministrativeOverride.html
    zonalShift: (description.AdministrativeOverride?.State ?? 'no_override') !== 'no_override',
  };
}

function groupOf(group: TargetGroup): Group {
  return {
    arn: present(group.TargetGroupArn, 'TargetGroupArn'),
    targetType: present(group.TargetType, 'TargetType'),
  };
}

const isArn = (targetGroup: string): boolean => targetGroup.startsWith('arn:');

const noGroup = (targetGroup: string): PortError =>
  new PortError('NotFound', `there is no target group ${targetGroup}`);

async function findGroup(client: ElasticLoadBalancingV2Client, targetGroup: string): Promise<Group> {
  const input = isArn(targetGroup) ? { TargetGroupArns: [targetGroup] } : { Names: [targetGroup] };
  const answer = await client.send(new DescribeTargetGroupsCommand(input));
  const [group] = present(answer.TargetGroups, 'TargetGroups');
  if (group === undefined) throw noGroup(targetGroup);
  return groupOf(group);
}

/** All groups of the region, by ARN and by name: 400 a page. */
async function listGroups(client: ElasticLoadBalancingV2Client): Promise<ReadonlyMap<string, Group>> {
  const groups = new Map<string, Group>();
  for await (const page of paginateDescribeTargetGroups({ client }, { PageSize: 400 })) {
    for (const group of page.TargetGroups ?? []) {
      const found = groupOf(group);
      groups.set(found.arn, found).set(present(group.TargetGroupName, 'TargetGroupName'), found);
    }
  }
  return groups;
}

/**
 * A region may have 3,000 target groups, eight pages of them:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
 */
const FEW = 8;

/**
 * Finds groups that are asked for at once together: a function that begins to look after many asks for each of them, and each
 * question counts against the few that the account may ask a second.
 */
function finder(client: () => ElasticLoadBalancingV2Client): (targetGroup: string) => Promise<Group> {
  let asked = 0;
  let listed: Promise<ReadonlyMap<string, Group>> | undefined;
  const all = (): Promise<ReadonlyMap<string, Group>> => {
    listed ??= listGroups(client()).finally(() => {
      listed = undefined;
    });
    return listed;
  };
  return async (targetGroup) => {
    asked += 1;
    // All that ask in this turn are counted before the first goes on.
    await Promise.resolve();
    const together = asked;
    queueMicrotask(() => {
      asked = 0;
    });
    if (together <= FEW) return findGroup(client(), targetGroup);
    const group = (await all()).get(targetGroup);
    if (group === undefined) throw noGroup(targetGroup);
    return group;
  };
}

/** The service says so when the ARN leads nowhere; the SDK names it with `Exception` at the end. */
function groupIsGone(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('TargetGroupNotFound');
}

/** "The specified target does not exist, …", see errors.ts. */
function targetIsGone(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('InvalidTarget');
}

/**
 * Finds a group's ARN and type once and keeps them: neither changes while the group lives. A group that is gone is
 * forgotten, so that one created anew under the same name is found.
 */
function groupCache(clients: (region: string) => ElasticLoadBalancingV2Client) {
  const found = new Map<string, Promise<Group>>();
  const finders = new Map<string, (targetGroup: string) => Promise<Group>>();

  async function find(key: string, region: string, targetGroup: string): Promise<Group> {
    const findIn = finders.get(region) ?? finder(() => clients(region));
    finders.set(region, findIn);
    try {
      return await findIn(targetGroup);
    } catch (error) {
      found.delete(key);
      throw error;
    }
  }

  return async function withGroup<T>(
    region: string,
    targetGroup: string,
    use: (group: Group) => Promise<T>,
  ): Promise<T> {
    const key = `${region} ${targetGroup}`;
    let group = found.get(key);
    if (group === undefined) {
      group = find(key, region, targetGroup);
      found.set(key, group);
    }
    try {
      return await use(await group);
    } catch (error) {
      if (groupIsGone(error)) found.delete(key);
      throw error;
    }
  };
}

/** @param clients the Elastic Load Balancing client of a region. */
export function awsTargets(clients: (region: string) => ElasticLoadBalancingV2Client): Omit<TargetPort, 'readsLeft'> {
  const withGroup = groupCache(clients);

  return {
    describe: (region, targetGroup) =>
      calling(`read the targets of ${targetGroup}`, () =>
        withGroup(region, targetGroup, async ({ arn, targetType }) => {
          const answer = await clients(region).send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }));
          const targets = present(answer.TargetHealthDescriptions, 'TargetHealthDescriptions').map(targetView);
          return { arn, targetType, targets };
        }),
      ),

    deregister: (region, targetGroup, { id, port }) =>
      calling(`deregister ${id}:${port} from ${targetGroup}`, () =>
        withGroup(region, targetGroup, async ({ arn }) => {
          // Without the port, a target that was registered with another port than the group's own stays registered:
          // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
          const input = { TargetGroupArn: arn, Targets: [{ Id: id, Port: port }] };
          try {
            await clients(region).send(new DeregisterTargetsCommand(input));
          } catch (error) {
            // "If the specified target does not exist, the action returns successfully", says the same page, and lists
            // InvalidTarget for a target that does not exist. Either way there is nothing left to deregister.
            if (!targetIsGone(error)) throw error;
          }
        }),
      ),

    register: (region, targetGroup, { id, port }) =>
      calling(`register ${id}:${port} with ${targetGroup}`, () =>
        withGroup(region, targetGroup, async ({ arn }) => {
          const input = { TargetGroupArn: arn, Targets: [{ Id: id, Port: port }] };
          await clients(region).send(new RegisterTargetsCommand(input));
        }),
      ),
  };
}
