/** `npm run bench`: the figures of the README, measured on this machine. */
import { cpus, totalmem } from 'node:os';
import { motoLack } from '../wire/moto.ts';
import { monthOfBacktest } from './backtest.ts';
import { callsPerMinute } from './calls.ts';
import { decisionsPerSecond } from './decide.ts';
import { steadyRounds } from './hundred.ts';
import { importTimes, tickMemory } from './package.ts';
import { auditedOverReal, simulatedOverReal } from './simulate.ts';
import { labPolicy } from './world.ts';

const DECISIONS_WANTED = 100_000;
const SPEED_WANTED = 20_000;
const IMPORT_RATIO_ALLOWED = 1.5;
const MEGABYTES_ALLOWED = 200;
const ROUND_MS = 4000;
const BACKTEST_SECONDS_ALLOWED = 15;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const whole = (n: number): string => Math.round(n).toLocaleString('en');

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}

async function printCalls(n: number): Promise<void> {
  print(`\nAPI calls for ${n} service${n === 1 ? '' : 's'}, steady        per minute   per round   least per minute`);
  for (const { operation, perMinute, leastPerMinute } of await callsPerMinute(n)) {
    const minimum = leastPerMinute === null ? '-' : String(leastPerMinute);
    print(
      `  ${operation.padEnd(34)} ${perMinute.toFixed(1).padStart(12)} ${(perMinute / 12).toFixed(2).padStart(11)} ${minimum.padStart(18)}`,
    );
  }
}

/** Whether the packaged function is imported fast enough. */
async function printImport(): Promise<boolean> {
  const { clients, tickMs, bareMs, installedMs, sentMs } = await importTimes();
  const ratio = tickMs / bareMs;
  print(
    `import: packaged on-tick ${tickMs.toFixed(0)} ms, the ${clients} bare SDK clients that it needs ${bareMs.toFixed(0)} ms bundled alike: ${ratio.toFixed(2)} × (${IMPORT_RATIO_ALLOWED} × allowed)`,
  );
  print(
    `        the same clients as npm installs them ${installedMs.toFixed(0)} ms, bundled with only what a tick sends ${sentMs.toFixed(0)} ms`,
  );
  return ratio <= IMPORT_RATIO_ALLOWED;
}

/** Whether a tick is content with its memory. */
async function printMemory(): Promise<boolean> {
  const { services, served, rounds, calls, peakBytes } = await tickMemory(100, 5);
  const megabytes = peakBytes / 1e6;
  print(
    `memory: ${megabytes.toFixed(0)} MB at most, the whole process of the packaged on-tick, ${served} of ${services} services served, ${rounds} rounds, ${whole(calls)} calls (${MEGABYTES_ALLOWED} allowed)`,
  );
  return megabytes <= MEGABYTES_ALLOWED;
}

async function printRounds(): Promise<boolean> {
  const rows = await steadyRounds();
  print('\na steady round over 100 services on two moto servers and dynalite (best of 4)');
  for (const { latencyMs, roundMs, targetsMs, missing } of rows)
    print(
      `  ${String(latencyMs).padStart(3)} ms added to each call: ${whole(roundMs)} ms (${(roundMs / ROUND_MS).toFixed(2)} × the ${whole(ROUND_MS)} allowed), all 200 target groups asked within ${whole(targetsMs)} ms, ${missing} readings missing`,
    );
  return rows.every(({ roundMs, missing }) => roundMs < ROUND_MS && missing === 0);
}

/** Whether a month of backtest is fast enough. */
async function printBacktest(): Promise<boolean> {
  const { seconds, bareSeconds, runs } = await monthOfBacktest(labPolicy());
  print(
    `backtest: ${seconds.toFixed(1)} s of one core for 30 days at one-minute steps under ${runs} scalers (${BACKTEST_SECONDS_ALLOWED} s allowed), ${whole(seconds / bareSeconds)} × a bare loop over the same rounds`,
  );
  return seconds <= BACKTEST_SECONDS_ALLOWED;
}

async function main(): Promise<void> {
  // It is asked for last, and whoever lacks it should not wait until then to hear of it.
  const lack = motoLack();
  if (lack !== null) {
    process.stderr.write(`error: ${lack}\n`);
    process.exitCode = 2;
    return;
  }
  print(`machine: ${machine()}`);
  const decisions = decisionsPerSecond(labPolicy(), 30);
  print(
    `decisions: ${whole(decisions)} per second of one core, 20 targets, steady (${(decisions / DECISIONS_WANTED).toFixed(1)} × the ${whole(DECISIONS_WANTED)} wanted)`,
  );
  const speed = await simulatedOverReal(24);
  print(
    `simulation: ${whole(speed)} × real time, one service, 20 targets, 5 s rounds (${(speed / SPEED_WANTED).toFixed(1)} × the ${whole(SPEED_WANTED)} wanted)`,
  );
  const audited = await auditedOverReal(12);
  print(
    `simulation: ${whole(audited)} × real time, five services of two targets, all invariants checked (${(audited / SPEED_WANTED).toFixed(1)} × the ${whole(SPEED_WANTED)} wanted)`,
  );
  const isQuick = await printBacktest();
  const isLight = [await printImport(), await printMemory()].every(Boolean);
  for (const n of [1, 10, 100]) await printCalls(n);
  const inTime = await printRounds();
  const isFast = decisions >= DECISIONS_WANTED && Math.min(speed, audited) >= SPEED_WANTED;
  process.exitCode = isFast && isQuick && isLight && inTime ? 0 : 1;
}

await main();
