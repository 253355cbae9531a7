/** What lib/deploy/permissions.ts allows, where IAM is enforced: a round of the lab grows the group, or is told that it may not. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { portsOver } from '../../../handlers/runtime.ts';
import { awsClients } from '../../../lib/aws/clients.ts';
import { httpProbe } from '../../../lib/aws/probe.ts';
import { newMemory, runRound } from '../../../lib/controller/cycle.ts';
import { commonStatements, policyStatements } from '../../../lib/deploy/permissions.ts';
import type { Statement } from '../../../lib/deploy/template.ts';
import { memoryState } from '../../../lib/sim/state-memory.ts';
import { filledIn } from '../../deploy/policies.ts';
import { buildLab, buildZone, groupNow, HOME, labText, policyFrom, reportCpu, STANDBY } from '../lab.ts';
import { asUser, speakTo } from '../users.ts';
import { startWire, type Wire } from '../wire.ts';
import { type Case, casesOf } from './case.ts';

export interface PermissionPeer extends Wire {
  readonly name: 'moto';
}

export async function permissionPeer(): Promise<PermissionPeer & { stop(): Promise<void> }> {
  const wire = await startWire();
  speakTo(wire.proxy.url);
  return {
    ...wire,
    name: 'moto',
    async stop() {
      vi.unstubAllEnvs();
      await wire.stop();
    },
  };
}

/** moto's only account. */
const ACCOUNT = '123456789012';

type Grant = (statements: readonly Statement[]) => readonly object[];

/** As CloudFormation hands them to IAM. */
const asDeployed: Grant = (statements) =>
  statements.map((one) => ({
    ...one,
    Resource: one.Resource.map((arn) =>
      filledIn(arn, ACCOUNT).replace('StateTable.Arn', `arn:aws:dynamodb:${STANDBY}:${ACCOUNT}:table/evenkeel`),
    ),
  }));

/** The actions alone, by the names that moto has for them: `iam-without-resources`, `cloudwatch-is-monitoring`. */
const actionsFor: Grant = (statements) =>
  statements.map(({ Action }) => ({
    Effect: 'Allow',
    Action: Action.map((action) => action.replace(/^cloudwatch:/, 'monitoring:')),
    Resource: '*',
  }));

let built = 0;

/** One round over a lab whose one server is at 95 %, by a user with what `grant` makes of the lab's statements. */
async function roundWith({ moto }: PermissionPeer, grant: Grant) {
  built += 1;
  const young = (text: string) => text.replace('warmupSeconds: 120', 'warmupSeconds: 1');
  const policy = policyFrom(labText(await buildZone(moto), built, young));
  await buildLab(moto, policy, 1);
  const group = policy.fleet?.autoScalingGroup ?? '';
  await reportCpu(moto, HOME, group, 95);
  const clock = { nowMs: () => Date.now(), sleep: async (ms: number) => void (await sleep(Math.max(0, ms))) };
  const journal = { write: () => undefined, count: () => undefined };
  const statements = grant([...commonStatements(), ...policyStatements([policy])]);
  const round = await asUser(moto, statements, async () => {
    const state = memoryState();
    // As the loop does it, which reads all there is.
    const lease = await state.takeLease('loop', Date.now(), Date.now() + 75_000, false);
    const ports = portsOver(awsClients(), { clock, probe: httpProbe(), state, journal });
    return runRound(ports, newMemory(), [policy], lease, Date.now());
  });
  const [service] = round.services;
  const scaling = service?.decisions.find(({ area }) => area === 'scaling');
  return { service, scaling, desired: (await groupNow(moto, HOME, group)).DesiredCapacity };
}

export const permissionCases: readonly Case<PermissionPeer>[] = casesOf<PermissionPeer>('SetDesiredCapacity', {
  denied: {
    'is not, with the statements that the policy file makes': async (peer) => {
      const { desired } = await roundWith(peer, asDeployed);
      expect(desired).toBe(2);
    },
    'is not, with the actions of those statements': async (peer) => {
      const { service, scaling, desired } = await roundWith(peer, actionsFor);
      expect(service?.missing).toEqual([]);
      expect(scaling).toMatchObject({ reason: 'SCALE_OUT', applied: true });
      expect(desired).toBe(2);
    },
    'without the action, the decision says so and the group is as it was': async (peer) => {
      const without: Grant = (all) =>
        actionsFor(all.filter(({ Action }) => !Action.includes('autoscaling:SetDesiredCapacity')));
      const { scaling, desired } = await roundWith(peer, without);
      expect(scaling).toMatchObject({ reason: 'SCALE_OUT', applied: false });
      expect(scaling?.notApplied).toMatch(/^DENIED: .*AccessDenied/);
      expect(desired).toBe(1);
    },
    'without the reads, everything is missing because it is denied, and nothing is done': async (peer) => {
      const { service, scaling, desired } = await roundWith(peer, () => [
        { Effect: 'Allow', Action: 'sns:Publish', Resource: '*' },
      ]);
      expect(service?.missing).toEqual(
        expect.arrayContaining([
          'primary.fleet: denied',
          'primary.targets: denied',
          'dns: denied',
          'signal cpu: denied',
        ]),
      );
      expect(scaling).toMatchObject({ action: null });
      expect(desired).toBe(1);
    },
  },
});
