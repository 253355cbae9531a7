/** From a seed to a whole simulation: world, policies, traffic and faults. */
import type { Policy } from '../core/model.ts';
import { loadPolicies, loadPolicy, type PolicyText } from '../policy/load.ts';
import { createRandom } from '../sim/random.ts';
import type { WorldOptions } from '../sim/world.ts';
import { type Chance, chanceOf } from './chance.ts';
import { drawFaults } from './draw-faults.ts';
import { type Berth, drawPolicy } from './draw-policy.ts';
import { type Planned, serviceOf } from './schedule.ts';

/** Everything that a simulation is made of, before any of it has happened. */
export interface Script {
  readonly seed: number;
  readonly minutes: number;
  readonly files: readonly PolicyText[];
  readonly policies: readonly Policy[];
  /** The region in which the controller stands. */
  readonly home: string;
  readonly perService: Readonly<Record<string, WorldOptions>>;
  /** New rates of requests, in order of time. */
  readonly traffic: readonly {
    readonly atSeconds: number;
    readonly service: string;
    readonly requestsPerSecond: number;
  }[];
  readonly faults: readonly Planned[];
  /** When everything heals; from then on only what must come right is waited for. */
  readonly healSeconds: number;
}

const REGIONS = ['ap-northeast-2', 'ap-northeast-1', 'eu-west-1'] as const;
/** Rounds have begun, and readings are there. */
const QUIET_SECONDS = 120;
/** The share of the time in which things go wrong. */
const FAULTY_SHARE = 2 / 3;

function drawBerth(chance: Chance, index: number): Berth {
  const servers = chance.weighted([
    [6, chance.int(1, 2)],
    [4, chance.int(2, 6)],
    [2, chance.int(7, 20)],
    [1, chance.int(21, 60)],
  ]);
  const region = chance.weighted([
    [4, REGIONS[0]],
    [1, REGIONS[1]],
  ]);
  const others = REGIONS.filter((one) => one !== region);
  const standbyRegion = chance.weighted([
    [4, others[0] ?? region],
    [1, others[1] ?? region],
    [1, region],
  ]);
  return { service: `s${index}`, region, standbyRegion, servers };
}

function drawOptions(chance: Chance, { servers }: Berth): WorldOptions {
  return {
    servers,
    standbyServers: chance.weighted([
      [3, 1],
      [2, servers],
      [1, chance.int(1, servers)],
      [1, 0],
    ]),
    bootSeconds: chance.weighted([
      [3, 90],
      [2, chance.int(5, 300)],
    ]),
    drainSeconds: chance.weighted([
      [3, 30],
      [1, chance.int(0, 300)],
    ]),
    metricDelaySeconds: chance.weighted([
      [3, 60],
      [1, chance.int(0, 150)],
    ]),
    requestsPerSecond: chance.small(1, 1000),
    resolvers: 10,
    ttlSeconds: chance.pick([5, 30, 30, 60, 300]),
    alias: chance.maybe(0.3),
    dualStack: chance.maybe(0.3),
    ports: chance.weighted([
      [5, [80]],
      [1, [80, 8080]],
      [1, [443, 80, 8443]],
    ]),
    targetType: chance.maybe(0.08) ? 'ip' : 'instance',
    probesBlocked: chance.maybe(0.04),
  };
}

/** Traffic that is steady, climbs, comes in waves, or leaps. */
function drawTraffic(chance: Chance, service: string, base: number, untilSeconds: number): Script['traffic'] {
  const shape = chance.weighted([
    [4, 'steady'],
    [1, 'ramp'],
    [2, 'waves'],
    [2, 'leaps'],
  ] as const);
  const top = 1 + chance.small(1, 8) / 2;
  const stepSeconds = chance.pick([60, 120, 300]);
  const steps = Math.floor(untilSeconds / stepSeconds);
  if (shape === 'steady') return [];
  return Array.from({ length: steps }, (_, index) => {
    const part = index / Math.max(1, steps);
    const factor =
      shape === 'ramp'
        ? 1 + (top - 1) * part
        : shape === 'waves'
          ? 1 + ((top - 1) * (1 - Math.cos(2 * Math.PI * 3 * part))) / 2
          : chance.maybe(0.2)
            ? top
            : chance.pick([0, 0.2, 1, 1, 1]);
    const requestsPerSecond = Math.round(base * factor * 1000) / 1000;
    return { atSeconds: (index + 1) * stepSeconds, service, requestsPerSecond };
  });
}

/** @throws Error when a policy that was drawn is not one: a bug in the drawing. */
function assertGood(files: readonly PolicyText[]): readonly Policy[] {
  const { policies, problems } = loadPolicies(files);
  const error = problems.find(({ severity }) => severity === 'error');
  if (error !== undefined)
    throw new Error(`drew no policy: ${error.file}:${error.line} ${error.code} ${error.message}`);
  return policies.map(({ policy }) => policy);
}

/** Ways in which a file breaks. */
function breakText(chance: Chance, text: string): string {
  return chance.pick([
    '',
    text.slice(0, Math.floor(text.length / 2)),
    text.replace('"region"', '"regoin"'),
    text.replace(/"service": "[^"]*"/, '"service": 7'),
  ]);
}

/** Another policy of the same service, for the same place in the world. */
function otherText(chance: Chance, berth: Berth, first: PolicyText): string {
  const measured = JSON.parse(first.text).scaling?.signals ?? [];
  for (;;) {
    // Bounds that the fleet is outside of by now, and a target group that is not there.
    const { file, text } = drawPolicy(chance, { ...berth, servers: chance.int(1, berth.servers + 2) });
    const named = chance.maybe(0.25) ? text.replaceAll(`${berth.service}-targets`, `${berth.service}-renamed`) : text;
    const { scaling, ...rest } = JSON.parse(named);
    // Its signals are those that the world measures for the first policy, with other targets and steps.
    const signals = (scaling?.signals ?? []).slice(0, measured.length).map((signal: object, index: number) => ({
      ...signal,
      name: measured[index].name,
      metric: measured[index].metric,
    }));
    const other = signals.length === 0 ? rest : { ...rest, scaling: { ...scaling, signals } };
    if (loadPolicy(file, JSON.stringify(other)).policy !== null) return JSON.stringify(other, null, 2);
  }
}

/** The same seed and minutes give the same script. */
export function drawScript(seed: number, minutes: number): Script {
  const random = createRandom(seed, 'simulate');
  const chance = chanceOf(random);
  const count = chance.weighted([
    [12, 1],
    [3, 2],
    [3, chance.int(3, 5)],
    [2, chance.int(6, 12)],
    [1, chance.int(13, 30)],
  ]);
  const berths = Array.from({ length: count }, (_, index) => drawBerth(chance.fork(`berth/${index}`), index));
  const files = berths.map((berth) => drawPolicy(chance.fork(`policy/${berth.service}`), berth));
  const policies = assertGood(files);
  const perService: Record<string, WorldOptions> = {};
  for (const berth of berths) perService[berth.service] = drawOptions(chance.fork(`options/${berth.service}`), berth);
  const healSeconds = Math.floor(minutes * 60 * FAULTY_SHARE);
  const traffic = berths.flatMap(({ service }) =>
    drawTraffic(chance.fork(`traffic/${service}`), service, perService[service]?.requestsPerSecond ?? 100, healSeconds),
  );
  const textOf = new Map(files.map(({ file, text }) => [file.replace('.yml', ''), text]));
  const faults = drawFaults(chance.fork('faults'), {
    policies,
    servers: Object.fromEntries(berths.map(({ service, servers }) => [service, servers])),
    regions: REGIONS,
    fromSeconds: Math.min(QUIET_SECONDS, healSeconds),
    healSeconds,
    otherText: (own, service, broken) => {
      const berth = berths.find((one) => one.service === service) as Berth;
      return broken
        ? breakText(own, textOf.get(service) ?? '')
        : otherText(own, berth, { file: `${service}.yml`, text: textOf.get(service) ?? '' });
    },
    mendedText: (service) => textOf.get(service) ?? '',
  });
  const home = chance.weighted([
    [3, REGIONS[1]],
    [3, REGIONS[2]],
    [1, REGIONS[0]],
  ]);
  return {
    seed,
    minutes,
    files,
    policies,
    home,
    perService,
    traffic: traffic.sort((a, b) => a.atSeconds - b.atSeconds),
    faults,
    healSeconds,
  };
}

/** What of a script is played; whatever is not named stays. */
export interface Part {
  /** Numbers of the faults. */
  readonly faults?: readonly number[] | undefined;
  readonly services?: readonly string[] | undefined;
  readonly traffic?: boolean | undefined;
}

/** The script with only this part of it. */
export function restrict(script: Script, part: Part): Script {
  const { faults, services, traffic } = part;
  const isKept = (service: string): boolean => services === undefined || services.includes(service);
  const files = script.files.filter(({ file }) => isKept(file.replace('.yml', '')));
  const about = ({ what }: Planned): boolean => {
    const named = serviceOf(what);
    return named === undefined || isKept(named);
  };
  return {
    ...script,
    files,
    policies: script.policies.filter(({ service }) => isKept(service)),
    traffic: traffic === false ? [] : script.traffic.filter(({ service }) => isKept(service)),
    faults: script.faults.filter((one) => about(one) && (faults === undefined || faults.includes(one.number))),
  };
}

/** What the part names and the script has not, and what it has; null: all of it is there. */
export function lackOf(script: Script, { services, faults }: Part): string | null {
  const known = script.policies.map(({ service }) => service);
  const stranger = services?.find((name) => !known.includes(name));
  if (stranger !== undefined) return `service ${stranger}; it has ${known.join(', ')}`;
  const { length } = script.faults;
  // They are numbered from 1.
  const missing = faults?.find((number) => number > length);
  if (missing !== undefined) return `fault ${missing}; it has ${length === 0 ? 'none' : `1 to ${length}`}`;
  if (!faults?.length || restrict(script, { services, faults }).faults.length > 0) return null;
  return `fault ${faults.join(',')} that is about ${services?.join(', ')}`;
}
