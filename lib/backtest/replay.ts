/** All scalers of a backtest, each with a fleet of its own, minute by minute under the same demand. */
import type { Driver } from './evenkeel.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { createMeter, type Meter, measuresOf, neededFor } from './meter.ts';
import type { Baseline, Run, Settings } from './model.ts';
import { createOptimum, minutesAhead, neededWithinBoot } from './optimum.ts';
import { createPainter, type Painter } from './picture.ts';
import { MINUTE_MS, type TraceMinute } from './resample.ts';

interface Contender {
  readonly name: string;
  readonly title: string;
  readonly driver: Driver;
  /** Instances in service when the trace begins. */
  readonly initial: number;
  /** How long after multiples of its period, from the epoch on, it is asked. */
  readonly phaseSeconds: number;
}

interface Lane extends Contender {
  readonly fleet: Fleet;
  readonly meter: Meter;
  readonly painter: Painter;
  nextMs: number;
}

const HOUR_SECONDS = 3600;
const CONSTANT: Driver = { everySeconds: HOUR_SECONDS, step: () => null };

function laneOf(contender: Contender, settings: Settings, bucketSeconds: number, startMs: number): Lane {
  const meter = createMeter();
  const painter = createPainter(bucketSeconds);
  const fleet = createFleet(settings, contender.initial, startMs, (untilMs, ms, demand, inService, paid) => {
    meter.segment(ms, demand, inService, paid);
    painter.stretch(untilMs - ms, untilMs, inService, demand !== null && neededFor(demand) > inService);
  });
  const [everyMs, phaseMs] = [contender.driver.everySeconds * 1000, contender.phaseSeconds * 1000];
  const nextMs = Math.ceil((startMs - phaseMs) / everyMs) * everyMs + phaseMs;
  return { ...contender, fleet, meter, painter, nextMs };
}

/**
 * What looks once a minute looks when a datapoint can be read: an alarm of CloudWatch has no clock of its own that would
 * let it wait for the next minute. What looks more often does so by its own clock, as a Kubernetes controller does.
 */
function phaseSecondsOf({ everySeconds }: Driver, { metricDelaySeconds }: Settings): number {
  return everySeconds === 60 ? metricDelaySeconds % 60 : 0;
}

function ask({ driver, fleet, meter, painter }: Lane, isJudged: boolean): void {
  fleet.arrive();
  const from = fleet.desired;
  const wish = driver.step(fleet);
  if (wish === null || !fleet.setDesired(wish.desired)) return;
  fleet.arrive();
  if (isJudged) meter.change();
  painter.change({ atMs: fleet.nowMs, from, to: fleet.desired, reason: wish.reason });
}

function play(lane: Lane, { startMs, value }: TraceMinute): void {
  const { fleet, meter, painter, driver } = lane;
  const endMs = startMs + MINUTE_MS;
  fleet.begin(value);
  for (; lane.nextMs < endMs; lane.nextMs += driver.everySeconds * 1000) {
    fleet.advance(lane.nextMs);
    ask(lane, value !== null);
  }
  fleet.advance(endMs);
  fleet.end();
  meter.minute(value, fleet.inService());
  painter.minute();
}

export interface ReplayOptions {
  readonly settings: Settings;
  readonly bucketSeconds: number;
  /** Instances of the run without scaling. */
  readonly constant: number;
  /** What an instance serves in a minute at 100 % CPU, `null` when the trace counts no requests. */
  readonly requestsPerInstance: number | null;
  readonly evenkeel: { readonly title: string; readonly driver: Driver };
  readonly baselines: readonly Baseline[];
}

export interface Replay {
  /** The next minute, `value` being its demand in instances. Minutes have no breaks between them. */
  push(minute: TraceMinute): void;
  /** @returns evenkeel first, then the optimum, no scaling, and the baselines. */
  end(): Run[];
}

function contenders(options: ReplayOptions, ahead: readonly TraceMinute[]): Contender[] {
  const { settings, evenkeel, baselines, constant } = options;
  const startMs = ahead[0]?.startMs ?? 0;
  const first = ahead.find(({ value }) => value !== null)?.value ?? 0;
  const initial = neededFor(first / (settings.targetPercent / 100));
  return [
    { name: 'evenkeel', ...evenkeel, initial, phaseSeconds: 0 },
    {
      ...{ name: 'optimum', title: 'Clairvoyant optimum' },
      driver: createOptimum(settings, () => ahead),
      ...{ initial: neededWithinBoot(ahead, startMs, settings.bootSeconds), phaseSeconds: 0 },
    },
    { name: 'none', title: 'No scaling, at the mean demand', driver: CONSTANT, initial: constant, phaseSeconds: 0 },
    ...baselines.map(({ name, title, create }) => {
      const driver = create(settings);
      return { name, title, driver, initial, phaseSeconds: phaseSecondsOf(driver, settings) };
    }),
  ];
}

/**
 * Begins a replay. All but the optimum, which knows better, and the run without scaling begin with the instances that the
 * first minute needs at the target. Takes as much memory for a year as for a week.
 */
export function createReplay(options: ReplayOptions): Replay {
  const { settings, bucketSeconds, requestsPerInstance } = options;
  const most = minutesAhead(settings.bootSeconds);
  const ahead: TraceMinute[] = [];
  let lanes: Lane[] | null = null;
  const playFirst = (): void => {
    const minute = ahead[0] as TraceMinute;
    lanes ??= contenders(options, ahead).map((one) => laneOf(one, settings, bucketSeconds, minute.startMs));
    for (const lane of lanes) play(lane, minute);
    ahead.shift();
  };
  return {
    push(minute) {
      if (ahead.push(minute) > most) playFirst();
    },
    end() {
      while (ahead.length > 0) playFirst();
      const [, optimum, none] = (lanes ?? []).map(({ meter }) => meter.counted());
      if (optimum === undefined || none === undefined) return [];
      return (lanes ?? []).map(({ name, title, meter, painter }) => ({
        ...{ name, title, measures: measuresOf(meter.counted(), optimum, none, requestsPerInstance) },
        picture: painter.picture(),
      }));
    },
  };
}
