/** Plays seeds on several threads and hands on the results in the order of the seeds. */
import { Worker } from 'node:worker_threads';
import type { SeedResult, SeedSpec, Shrunken } from '../simulate/seed.ts';
import type { Job } from './simulate-worker.ts';

type Answer = { readonly result: unknown } | { readonly error: string };

/** Has the thread do one job. Rejects, with the seed, when that throws. */
export function ask(worker: Worker, job: Job): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      worker.off('message', answered);
      worker.off('error', failed);
    };
    const answered = (answer: Answer): void => {
      done();
      if ('error' in answer) reject(new Error(`seed ${job.spec.seed}: ${answer.error}`));
      else resolve(answer.result);
    };
    const failed = (error: unknown): void => {
      done();
      reject(error);
    };
    worker.on('message', answered);
    worker.on('error', failed);
    worker.postMessage(job);
  });
}

export interface Pool {
  /** Plays the seeds in turn; `onDone` is called with how many are done. What `stop` cuts short is left out. */
  play(specs: readonly SeedSpec[], onDone: (done: number) => void): Promise<SeedResult[]>;
  shrink(specs: readonly SeedSpec[]): Promise<(Shrunken | null)[]>;
  /** Ends all threads; what they were at is lost. */
  stop(): Promise<void>;
}

/** `jobs` threads; with one, the seeds are played here, without any, and `onLine` hears of each line. */
export function createPool(jobs: number, onLine?: (line: string) => void): Pool {
  const workers =
    jobs > 1 ? Array.from({ length: jobs }, () => new Worker(new URL('simulate-worker.ts', import.meta.url))) : [];
  let stopped = false;
  const runners: ((job: Job) => Promise<unknown>)[] =
    workers.length > 0
      ? workers.map((worker) => (job: Job) => ask(worker, job))
      : [async (job) => (await import('./simulate-worker.ts')).work(job, onLine)];

  async function all<Result>(list: readonly Job[], onDone: (done: number) => void): Promise<Result[]> {
    const results: (Result | undefined)[] = [];
    let next = 0;
    let done = 0;
    const run = async (runner: (job: Job) => Promise<unknown>): Promise<void> => {
      for (let index = next++; index < list.length && !stopped; index = next++) {
        const result = (await runner(list[index] as Job)) as Result;
        if (stopped) return;
        results[index] = result;
        done += 1;
        onDone(done);
      }
    };
    // A thread that was ended never answers.
    await Promise.race([Promise.all(runners.map(run)), stopping.promise]);
    return results.filter((one) => one !== undefined);
  }
  const stopping = Promise.withResolvers<void>();
  return {
    play: (specs, onDone) =>
      all(
        specs.map((spec) => ({ spec, shrink: false })),
        onDone,
      ),
    shrink: (specs) =>
      all(
        specs.map((spec) => ({ spec, shrink: true })),
        () => undefined,
      ),
    async stop() {
      stopped = true;
      stopping.resolve();
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
