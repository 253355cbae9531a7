/** A thread that plays seeds: one message in, one result out. */
import { parentPort } from 'node:worker_threads';
import { rig } from '../../handlers/rehearsal.ts';
import type { Means } from '../simulate/play.ts';
import { playSeed, type SeedSpec, shrinkSeed } from '../simulate/seed.ts';

/** What a thread is asked for. */
export interface Job {
  readonly spec: SeedSpec;
  readonly shrink: boolean;
}

const means: Means = { rig, settle: () => new Promise((done) => setImmediate(done)) };

/** Does one job. Also where there are no threads. */
export function work({ spec, shrink }: Job, onLine?: (line: string) => void): Promise<unknown> {
  return shrink ? shrinkSeed(spec, means) : playSeed(spec, onLine === undefined ? means : { ...means, onLine });
}

parentPort?.on('message', (job: Job) => {
  work(job).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error: error instanceof Error ? error.stack : String(error) }),
  );
});
