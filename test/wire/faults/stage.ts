/** Three services on moto and dynalite, of which one is to suffer. Everything is put back before each case. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll } from 'vitest';
import { portsOver } from '../../../handlers/runtime.ts';
import { awsClients } from '../../../lib/aws/clients.ts';
import { httpProbe } from '../../../lib/aws/probe.ts';
import { awsState } from '../../../lib/aws/state.ts';
import type { Policy } from '../../../lib/core/model.ts';
import { failing } from '../failing-targets.ts';
import {
  buildLab,
  buildRecords,
  buildZone,
  HOME,
  type Lab,
  labText,
  policyFrom,
  reportCpu,
  resetLab,
  STANDBY,
} from '../lab.ts';
import type { Moto } from '../moto.ts';
import type { WireProxy } from '../proxy.ts';
import { table } from '../table.ts';
import { fillGaps, wire } from '../wire.ts';
import { type Case, caseOver } from './case.ts';
import { buildTopic } from './on-call.ts';

/** Some calls are made for all groups of a region: who must not suffer with the first lives elsewhere. */
const ELSEWHERE = [
  ['eu-west-1', 'eu-central-1'],
  ['us-west-2', 'us-east-1'],
] as const;

/** moto takes its time to build six groups, and a machine that is busy with other things takes more. */
const BUILD_MS = 240_000;

/** Every group reports this: half as much again as the lab's target, and exactly the target of who is to rest. */
const CPU = 95;

export interface CaseOptions {
  /** Desired capacity of the service that suffers. */
  readonly desired: 1 | 2;
  /** Its CPU is above its target, so that it wants one server more than it has. */
  readonly busy: boolean;
  /** More to change in its policy. */
  readonly edit?: ((text: string) => string) | undefined;
}

export interface Stage {
  readonly moto: Moto;
  readonly aws: WireProxy;
  readonly table: WireProxy;
  /** Those that must not suffer: both have one server and want a second. */
  readonly others: readonly Policy[];
  begin(options: CaseOptions): Promise<Case>;
}

function moved(text: string, [home, standby]: readonly [string, string]): string {
  return text.replaceAll(HOME, home).replaceAll(STANDBY, standby);
}

/** A stage for all tests of a file. */
export function stage(): Stage {
  const here = wire();
  const items = table();
  let broken: Lab;
  let others: Lab[];
  let topic: string;

  const policyIn = (zone: string, { busy, edit = (t) => t }: CaseOptions): Policy =>
    policyFrom(
      labText(zone, 0, (text) =>
        edit(text.replace(/topicArn: \S+/, `topicArn: ${topic}`)).replace(
          'target: 80',
          busy ? 'target: 80' : `target: ${CPU}`,
        ),
      ),
    );

  beforeAll(async () => {
    const { moto } = here;
    topic = await buildTopic(moto);
    const zone = await buildZone(moto);
    broken = await buildLab(moto, policyIn(zone, { desired: 1, busy: true }));
    others = [];
    for (const [index, regions] of ELSEWHERE.entries()) {
      const text = labText(zone, index + 1, (t) => moved(t, regions).replace(/topicArn: \S+/, `topicArn: ${topic}`));
      others.push(await buildLab(moto, policyFrom(text), 1));
    }
  }, BUILD_MS);

  return {
    get moto() {
      return here.moto;
    },
    get aws() {
      return here.proxy;
    },
    get table() {
      return items.proxy;
    },
    get others() {
      return others.map((lab) => lab.policy);
    },
    async begin(options) {
      const { moto } = here;
      const policy = policyIn(await buildZone(moto), options);
      await buildRecords(moto, policy);
      const instances = await resetLab(moto, broken, options.desired);
      for (const lab of others) await resetLab(moto, lab, 1);
      for (const lab of [broken, ...others])
        await reportCpu(moto, lab.policy.region, lab.policy.fleet?.autoScalingGroup ?? '', CPU, 3);
      const name = await items.dynamo.createTable();
      const clients = awsClients();
      let aheadMs = 0;
      const clock = {
        nowMs: () => Date.now() + aheadMs,
        sleep: async (ms: number) => void (await sleep(Math.max(0, ms))),
      };
      const problems: string[] = [];
      const journal = {
        write: (_: string, message: string) => void problems.push(message),
        count: () => undefined,
      };
      const ports = portsOver(clients, { clock, probe: httpProbe(), state: awsState(clients.dynamoDb, name), journal });
      const suffering = new Set<string>();
      const shown = failing(suffering);
      const gaps: WireProxy['rule'] = (call) => shown(call) ?? fillGaps(call);
      here.proxy.rule = gaps;
      return caseOver({
        policy,
        others: others.map((lab) => lab.policy),
        ports,
        instances,
        skip: (ms) => {
          aheadMs += ms;
        },
        fail: (ids) => {
          for (const id of ids) suffering.add(id);
        },
        recover: () => suffering.clear(),
        breaks: (rule) => {
          here.proxy.rule = (call) => rule(call) ?? gaps(call);
          items.proxy.rule = rule;
        },
        moto,
        table: { url: items.dynamo.url, name },
      });
    },
  };
}
