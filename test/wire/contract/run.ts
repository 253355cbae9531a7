/** Runs cases on a peer, each as a test of its own. */
import { afterAll, beforeAll, it } from 'vitest';
import { DIFFERENCES, type PeerName } from '../differences.ts';
import { type Case, nameOf } from './case.ts';
import { broken, judge } from './judge.ts';

type Started<Peer> = Peer & { stop(): Promise<void> };

export function contract<Peer extends { readonly name: PeerName | 'simulator' }>(
  start: () => Promise<Started<Peer>>,
  cases: readonly Case<Peer>[],
): void {
  let peer: Started<Peer>;
  beforeAll(async () => {
    peer = await start();
  });
  afterAll(() => peer.stop());
  for (const one of cases) {
    const name = nameOf(one);
    it(name, async () => {
      const listed = DIFFERENCES.filter((one) => one.peer === peer.name && broken(one).includes(name));
      const failure = await one.run(peer).then(
        () => null,
        (error: Error) => error,
      );
      const wrong = judge(name, failure, listed);
      if (wrong !== null) throw wrong;
    });
  }
}
