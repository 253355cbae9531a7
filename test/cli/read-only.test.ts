import { expect, it } from 'vitest';
import { portsOver } from '../../handlers/runtime.ts';
import { awsClients } from '../../lib/aws/clients.ts';
import { httpProbe } from '../../lib/aws/probe.ts';
import { realClock } from '../../lib/cli/account.ts';
import { readOnly } from '../../lib/cli/read-only.ts';
import type { Ports } from '../../lib/ports.ts';
import { memoryState } from '../../lib/sim/state-memory.ts';

/** Methods that only read, by port. Whatever a port gets in addition must be told to be one, or be refused. */
const READS: Readonly<Record<string, readonly string[]>> = {
  fleet: ['describe', 'isRefreshing', 'otherScalers'],
  targets: ['describe', 'readsLeft'],
  metrics: ['read'],
  alarms: ['states'],
  dns: ['read', 'changeStatus'],
  notify: [],
  state: ['load', 'loadController', 'loadPolicy', 'decisions'],
};

it('refuses every write of every port, and says which', async () => {
  const warned: string[] = [];
  const journal = { write: () => undefined, count: () => undefined };
  const rest = { clock: realClock().clock, probe: httpProbe(), state: memoryState(), journal };
  const ports: Ports = readOnly(portsOver(awsClients(), rest), (message) => warned.push(message));
  const writes = Object.entries(READS).flatMap(([port, reads]) =>
    Object.entries(ports[port as keyof Ports]).filter(([name]) => !reads.includes(name)),
  );
  expect(writes.length).toBeGreaterThan(15);
  for (const [name, write] of writes) {
    await expect(write(), name).rejects.toThrow(`plan asked for a write: ${name}`);
  }
  ports.journal.write('error', 'a bug', {});
  ports.journal.write('info', 'cycle', {});
  ports.journal.count('Heartbeat', 1);
  expect(warned).toEqual(['a bug']);
});
