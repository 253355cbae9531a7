/** The simulator as a peer: a world of its own for each stage, and virtual time. */
import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { ChangeResourceRecordSetsCommand } from '@aws-sdk/client-route-53';
import type { World } from '../../../lib/sim/world.ts';
import { events, readTargets, WEB, world, ZONE_ID } from '../../sim/worlds.ts';
import { HOME, labText, policyFrom } from '../lab.ts';
import type { GroupNow, Peer, Service, Stage, StageOptions } from './peer.ts';

/** Until the datapoint of a minute can be read: the rest of the minute, and a minute for it to be published. */
const PUBLISHED_SECONDS = 130;

async function answered<T>(sim: World, call: Promise<T>): Promise<T> {
  let open = true;
  const settled = call.finally(() => {
    open = false;
  });
  settled.catch(() => undefined);
  // In small steps, so that no more time passes than the call takes.
  for (let step = 0; open && step < 1000; step += 1) await sim.run(sim.clock.nowMs() + 50);
  if (open) throw new Error('no answer within 50 s');
  return settled;
}

function serviceOf(sim: World, policy: Service['policy']): Service {
  const { group, targetGroupArn, instanceIds } = sim.place(policy.service, 'primary');
  const [first, second] = instanceIds;
  if (group === null || first === undefined || second === undefined) throw new Error('the lab has a group of two');
  return { policy, group, targetGroupArn, instanceIds: [first, second] };
}

type Acts = 'suspend' | 'addScaler' | 'startRefresh' | 'breakServers' | 'reportCpu' | 'changeSets' | 'listen';
type AlarmActs = 'alarms' | 'composeAlarm' | 'setAlarm';

/** What other people do here. */
function people(sim: World): Pick<Stage, Acts> {
  const primary = ({ policy }: Service) => ({ service: policy.service, site: 'primary' as const });
  return {
    suspend: async (service, processes) => sim.apply({ kind: 'suspend', ...primary(service), processes }),
    addScaler: async (service, scaler) => sim.apply({ kind: 'scaler', ...primary(service), scaler, present: true }),
    async startRefresh(service, over) {
      sim.apply({ kind: 'refresh', ...primary(service), seconds: over ? 1 : 3600 });
      if (over) await sim.run(sim.clock.nowMs() + 2000);
    },
    breakServers: async (service) =>
      sim.apply({ kind: 'server', ...primary(service), which: 'all', condition: 'refuses' }),
    async reportCpu({ policy }, percent, minutes) {
      const fromMs = Math.ceil(sim.clock.nowMs() / 60_000) * 60_000;
      await sim.run(fromMs);
      sim.apply({ kind: 'signal', service: policy.service, signal: 'cpu', value: percent });
      await sim.run(fromMs + minutes * 60_000 + PUBLISHED_SECONDS * 1000);
      return fromMs;
    },
    listen: async () => WEB.notify?.topicArn ?? '',
    async changeSets(changes) {
      const input = { HostedZoneId: ZONE_ID, ChangeBatch: { Changes: [...changes] } };
      await answered(sim, sim.as('somebody').clients.route53().send(new ChangeResourceRecordSetsCommand(input)));
    },
  };
}

/** The world has the alarms on a signal that lib/deploy puts there. */
function alarmists(sim: World): Pick<Stage, AlarmActs> {
  return {
    alarms: async ({ policy }) => [`evenkeel-${policy.service}-cpu-high`, `evenkeel-${policy.service}-cpu-low`],
    async composeAlarm({ policy: { service } }, over) {
      sim.apply({ kind: 'composite', service, alarm: `over-${over}`, over: [over] });
      return `over-${over}`;
    },
    setAlarm: async ({ policy: { service } }, alarm, state) => sim.apply({ kind: 'alarm', service, alarm, state }),
  };
}

/** What the world itself shows, or another caller reads. */
function eyes(sim: World): Pick<Stage, 'groupNow' | 'targetsNow' | 'weightsNow' | 'publishedNow'> {
  return {
    async groupNow({ policy, group }): Promise<GroupNow> {
      const seen = sim.view(policy.service).primary.group;
      if (seen === null) throw new Error(`${policy.service} has no group`);
      const read = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
      const answer = await answered(sim, sim.as('witness').clients.autoScaling(HOME).send(read));
      const working = (answer.AutoScalingGroups?.[0]?.Instances ?? []).filter(
        ({ LifecycleState, HealthStatus }) => LifecycleState === 'InService' && HealthStatus === 'Healthy',
      );
      const instanceIds = working.map(({ InstanceId }) => InstanceId ?? '');
      return { min: seen.minSize, max: seen.maxSize, desired: seen.desired, instanceIds };
    },
    async targetsNow({ policy }) {
      const states = Object.entries(await readTargets(sim, 'primary', policy.service));
      return states.filter(([, state]) => !state.startsWith('draining')).map(([key]) => key);
    },
    weightsNow: async ({ policy }) => sim.view(policy.service).weights.recorded,
    publishedNow: async () => events(sim, 'notification').map(({ subject, message }) => ({ subject, message })),
  };
}

export async function simulatorPeer(): Promise<Peer & { stop(): Promise<void> }> {
  return {
    name: 'simulator',
    stop: async () => undefined,
    async stage({ services: count = 1, alias = false }: StageOptions = {}) {
      const policies = Array.from({ length: count }, (_, index) => policyFrom(labText(ZONE_ID, index)));
      const sim = world({ servers: 2, alias }, { policies });
      const services = policies.map((policy) => serviceOf(sim, policy));
      const { clients } = sim.as('contract');
      return {
        services,
        web: services[0] as Service,
        zoneId: ZONE_ID,
        clients,
        nowMs: () => sim.clock.nowMs(),
        answered: (call) => answered(sim, call),
        pass: (seconds) => sim.run(sim.clock.nowMs() + seconds * 1000),
        denied(action, send) {
          const operation = action.replace(/^\w+:/, '');
          sim.apply({ kind: 'api', how: 'denied', operation, forSeconds: 60, times: 1 });
          return answered(sim, send(clients));
        },
        ...people(sim),
        ...alarmists(sim),
        ...eyes(sim),
      };
    },
  };
}
