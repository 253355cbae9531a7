/** How a simulation waits until every promise that can go on has gone on. */

/** So many instants of virtual time pass between two in which signals and timers of the process are heard. */
const DEAF_FOR = 256;

/**
 * Makes a `settle` for simulated worlds. Promises of one instant are done before the next tick of the process: no more is
 * needed where nothing is real, and it costs a fraction of a turn of the event loop, which is taken now and then.
 */
export function createSettle(): () => Promise<void> {
  let count = 0;
  return () =>
    new Promise((done) => {
      count = (count + 1) % DEAF_FOR;
      if (count === 0) setImmediate(done);
      else process.nextTick(done);
    });
}
