/** Plays a script: the production functions in the drawn world, the auditor at their side, until something is wrong or time is up. */
import type { Deployed, Rig } from '../drill/rig.ts';
import { createStage, type Stage } from '../drill/stage.ts';
import { loadPolicies } from '../policy/load.ts';
import type { HistoryEvent } from '../sim/history.ts';
import type { SimulatedContext } from '../sim/world.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import type { Script } from './draw.ts';
import { healing } from './heal.ts';
import { createLog } from './log.ts';
import type { Disturbance } from './schedule.ts';

/** What a simulation needs of whoever starts it. */
export interface Means {
  readonly rig: Rig;
  /** Resolves when every promise that can go on has gone on, e.g. `() => new Promise((done) => setImmediate(done))`. */
  readonly settle: () => Promise<unknown>;
  /** Called with each line of what happens. */
  readonly onLine?: (line: string) => void;
}

/** Something that should not have happened. */
export interface Finding {
  /** By its name in `lib/core/invariants.ts`; `0-unbroken`: a function failed or a cycle broke. */
  readonly invariant: string;
  /** Empty when it concerns no service. */
  readonly service: string;
  /** Seconds since the start. */
  readonly atSeconds: number;
  readonly message: string;
}

export interface Outcome {
  /** What was found first; `null`: nothing. */
  readonly finding: Finding | null;
  /** Of everything that happened: equal hashes, equal runs. */
  readonly hash: string;
  /** The last events, for the report. */
  readonly last: readonly string[];
  readonly coverage: Coverage;
  readonly simulatedSeconds: number;
}

/** How much is played between two looks at what was found. */
const STEP_MS = 20_000;
const REGIONS = ['ap-northeast-2', 'ap-northeast-1', 'eu-west-1'];

interface Play {
  readonly script: Script;
  /** Regions that are lost now. */
  readonly lostRegions: Set<string>;
  readonly stage: Stage;
  readonly broken: Finding[];
  /** The text of each file as deployed. */
  readonly texts: Map<string, string>;
  invocations: number;
}

const secondsAt = ({ stage }: Play): number => (stage.world.clock.nowMs() - stage.world.startMs) / 1000;

/** As in serverless.yml. */
const TIMEOUT_MS = { onTick: 90_000, operate: 90_000, drill: 900_000 } as const;

type ByHand = keyof typeof TIMEOUT_MS;

function contextOf({ stage: { world } }: Play, name: ByHand, number: number): SimulatedContext {
  const deadlineMs = world.clock.nowMs() + TIMEOUT_MS[name];
  return {
    awsRequestId: `${name}-${number}`,
    functionName: `evenkeel-${name}`,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${world.home}:111122223333:function:evenkeel-${name}`,
    memoryLimitInMB: '256',
    logGroupName: `/aws/lambda/evenkeel-${name}`,
    logStreamName: `${name}/by-hand-${number}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - world.clock.nowMs()),
  };
}

/** Invokes a function beside the schedule, in a sandbox of its own. Nobody reaches one whose region is lost. */
function invoke(play: Play, name: ByHand, event: object): void {
  if (play.lostRegions.has(play.stage.world.home)) return;
  const context = contextOf(play, name, play.invocations++);
  const handler = play.stage.sandbox(context.logStreamName)[name];
  handler(event, context).catch((error: unknown) => broke(play, `${name} failed: ${String(error)}`));
}

function broke(play: Play, message: string): void {
  play.broken.push({ invariant: '0-unbroken', service: '', atSeconds: secondsAt(play), message });
}

const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event' };

/** The package with these texts; read once, as all sandboxes of a deployment read the same. */
function packageOf(texts: ReadonlyMap<string, string>): Deployed {
  const loaded = loadPolicies([...texts].map(([file, text]) => ({ file, text })));
  return () => Promise.resolve(loaded);
}

function disturb(play: Play, what: Disturbance): void {
  const { stage, texts, lostRegions } = play;
  if (what.kind === 'order') invoke(play, 'operate', what.order);
  else if (what.kind === 'drill') invoke(play, 'drill', what.request);
  else if (what.kind === 'tick') invoke(play, 'onTick', what.rounds === null ? SCHEDULED : { rounds: what.rounds });
  else if (what.kind === 'policy') {
    texts.set(`${what.service}.yml`, what.text);
    stage.deploy(packageOf(texts));
  } else {
    if (what.kind === 'region') lostRegions[what.lost ? 'add' : 'delete'](what.region);
    stage.world.apply(what);
  }
}

interface Due {
  readonly atSeconds: number;
  readonly run: () => void;
}

/** All that is to happen, in order of time. */
function agenda(
  play: Play,
  coverage: Coverage & { begin: (what: Disturbance, atSeconds: number, end: number) => void },
): Due[] {
  const { script } = play;
  const due: Due[] = script.traffic.map(({ atSeconds, ...rest }) => ({
    atSeconds,
    run: () => disturb(play, { kind: 'traffic', ...rest }),
  }));
  for (const { atSeconds, what, end } of script.faults) {
    const run = (): void => {
      coverage.begin(what, atSeconds, atSeconds + (end?.afterSeconds ?? 0));
      disturb(play, what);
    };
    due.push({ atSeconds, run });
    if (end !== undefined) due.push({ atSeconds: atSeconds + end.afterSeconds, run: () => disturb(play, end.what) });
  }
  due.push({ atSeconds: script.healSeconds, run: () => heal(play) });
  return due.sort((a, b) => a.atSeconds - b.atSeconds);
}

function heal(play: Play): void {
  const { script, texts } = play;
  if (script.faults.length === 0) return;
  const mended = script.files.filter(({ file, text }) => texts.get(file) !== text);
  for (const { file, text } of mended) texts.set(file, text);
  if (mended.length > 0) play.stage.deploy(packageOf(texts));
  for (const what of healing(script, REGIONS)) disturb(play, what);
}

function firstFinding(play: Play): Finding | null {
  const [violation] = play.stage.violations;
  const [broken] = play.broken;
  if (violation === undefined) return broken ?? null;
  const { invariant, service, atMs, message } = violation;
  const atSeconds = (atMs - play.stage.world.startMs) / 1000;
  return broken !== undefined && broken.atSeconds < atSeconds ? broken : { invariant, service, atSeconds, message };
}

/** Entries of the log that no fault explains. */
const IS_BUG = / broke: |cannot be read together/;

/** Plays the script until something is found or its time is up. The same script gives the same outcome, byte for byte. */
export async function play(script: Script, { rig, settle, onLine = () => undefined }: Means): Promise<Outcome> {
  const log = createLog(onLine);
  const coverage = createCoverage();
  const { policies, seed, home, perService } = script;
  const texts = new Map(script.files.map(({ file, text }) => [file, text]));
  const isEdited = script.faults.some(({ what }) => what.kind === 'policy');
  const spec = { policies, seed, home, perService, rig, settle, ...(isEdited ? { deployed: packageOf(texts) } : {}) };
  const stage = createStage(spec, {
    cycle(result, atMs) {
      const atSeconds = (atMs - startMs) / 1000;
      for (const { area, reason, message } of result.decisions) {
        if (!coverage.decided(result.service, area, reason, atSeconds)) continue;
        log.note(atSeconds, 'decision', { service: result.service, area, reason, message });
      }
    },
    broke(words) {
      if (IS_BUG.test(words) || / failed: /.test(words)) broke(playing, words);
    },
  });
  const { startMs } = stage.world;
  const playing: Play = { script, lostRegions: new Set(), stage, broken: [], texts, invocations: 0 };
  stage.world.history.listen((event: HistoryEvent) => log.happened((event.atMs - startMs) / 1000, event));
  const endSeconds = script.minutes * 60;
  const due = agenda(playing, coverage);
  let finding: Finding | null = null;
  while (finding === null && secondsAt(playing) < endSeconds) {
    const stepMs = stage.world.clock.nowMs() + STEP_MS;
    const nextMs = due[0] === undefined ? stepMs : Math.min(stepMs, startMs + due[0].atSeconds * 1000);
    await stage.world.run(Math.min(nextMs, startMs + endSeconds * 1000));
    while (due[0] !== undefined && due[0].atSeconds <= secondsAt(playing)) due.shift()?.run();
    finding = firstFinding(playing);
  }
  if (finding === null) {
    stage.finish();
    finding = firstFinding(playing);
  }
  return { finding, hash: log.hash(), last: log.last(), coverage, simulatedSeconds: secondsAt(playing) };
}
