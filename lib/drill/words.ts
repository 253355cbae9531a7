/** The world's events as lines for a person who watches. */
import type { Policy, Signal } from '../core/model.ts';
import type { HistoryEvent } from '../sim/history.ts';
import { shares, wordsOf } from './fault-words.ts';
import type { TimelineArea } from './result.ts';

export interface Line {
  readonly area: TimelineArea;
  readonly event: string;
  readonly message: string;
}

/** The value above which this signal asks for more instances. */
export function limitOf(signal: Signal, tolerance: number): number {
  if (signal.target !== undefined) return signal.target * (1 + tolerance);
  const above = (signal.steps ?? []).flatMap((band) => ('above' in band ? [band.above] : []));
  return above.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...above);
}

const round = (value: number): number => Math.round(value * 10) / 10;

type Of<Kind extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: Kind }>;

function targetLine(event: Of<'target'>): Line {
  const { key, from, to, reason, site } = event;
  const because = reason === undefined ? '' : ` (${reason})`;
  const says =
    to === null
      ? `target ${key} is gone`
      : from === null || (from === 'draining' && to === 'initial')
        ? `target ${key} is registered, ${to}`
        : `the load balancer sees ${key} ${to}${because}`;
  return { area: 'health', event: to ?? 'gone', message: `${site}: ${says}` };
}

function instanceLine(event: Of<'instance'>): Line {
  const { id, to, why, site, group } = event;
  const says =
    why === 'launch'
      ? `${group} launches ${id} (${to})`
      : why === 'ready'
        ? `${id} is in service`
        : why === 'gone'
          ? `${id} is gone`
          : `${group} terminates ${id} (${why})`;
  return { area: 'scaling', event: why, message: `${site}: ${says}` };
}

/** What was said of signals, clients and refusals, so that only what is new is said again. */
interface Said {
  readonly over: Map<string, boolean>;
  moved: 'all' | 'some';
  /** What AWS last answered a writing operation with. */
  readonly answers: Map<string, string>;
}

function datapointLine(policy: Policy, said: Said, event: Of<'datapoint'>): Line | null {
  const signal = policy.scaling?.signals.find((one) => one.name === event.signal);
  if (signal === undefined) return null;
  const limit = limitOf(signal, policy.scaling?.tolerance ?? 0);
  const isOver = event.value > limit;
  if ((said.over.get(signal.name) ?? false) === isOver) return null;
  said.over.set(signal.name, isOver);
  const words = isOver ? `above ${round(limit)}` : `no longer above ${round(limit)}`;
  const message = `${signal.name} is ${round(event.value)}, ${words}: the datapoint is published`;
  return { area: 'scaling', event: isOver ? 'signal-high' : 'signal-normal', message };
}

function clientsLine(said: Said, { primary, secondary, none }: Of<'clients'>): Line | null {
  const total = primary + secondary + none;
  const all = primary === total || secondary === total;
  if (!all && said.moved === 'some') return null;
  said.moved = all ? 'all' : 'some';
  const message = all
    ? `all clients are on the ${secondary === total ? 'secondary' : 'primary'}`
    : 'the first clients have heard of the move';
  return { area: 'failover', event: all ? 'clients-moved' : 'clients-moving', message };
}

function groupLine({ site, group, from, to }: Of<'group'>): Line {
  return {
    area: 'scaling',
    event: 'desired',
    message: `${site}: desired capacity of ${group} goes from ${from} to ${to}`,
  };
}

function invocationLine({ phase, function: name, requestId }: Of<'invocation'>): Line | null {
  // That a process is frozen is said of the fault that freezes it.
  if (phase === 'started' || phase === 'ended' || phase === 'paused') return null;
  return { area: 'controller', event: phase, message: `${name} ${requestId}: ${phase}` };
}

function writeLine({ answers }: Said, { operation, result }: Of<'write'>): Line | null {
  const isNews = (answers.get(operation) ?? 'ok') !== result;
  answers.set(operation, result);
  if (result === 'ok' || !isNews) return null;
  const message =
    result === 'TimeoutError' ? `${operation} is not answered in time` : `AWS answers ${operation} with ${result}`;
  return { area: 'controller', event: 'refused', message };
}

const traffic = (failing: boolean): Line => ({
  area: 'traffic',
  event: failing ? 'failing' : 'served',
  message: failing ? 'requests fail' : 'no request fails any more',
});

/** Says each event in a line; null: nothing that a person would want to read. */
export function createNarrator(policy: Policy): (event: HistoryEvent) => Line | null {
  const said: Said = { over: new Map(), moved: 'all', answers: new Map() };
  return (event) => {
    switch (event.kind) {
      case 'fault':
        return { area: 'fault', event: event.fault.kind, message: wordsOf(event.fault) };
      case 'target':
        return targetLine(event);
      case 'instance':
        return instanceLine(event);
      case 'group':
        return groupLine(event);
      case 'datapoint':
        return datapointLine(policy, said, event);
      case 'alarm':
        return {
          area: 'scaling',
          event: event.to,
          message: `alarm ${event.name} goes from ${event.from} to ${event.to}`,
        };
      case 'dns-change':
        return { area: 'failover', event: 'dns-change', message: `${event.name} is set to ${shares(event.weights)}` };
      case 'dns-insync': {
        const message = `INSYNC: the name servers answer by ${shares(event.weights)}`;
        return { area: 'failover', event: 'dns-insync', message };
      }
      case 'clients':
        return clientsLine(said, event);
      case 'traffic':
        return traffic(event.failing);
      case 'write':
        return writeLine(said, event);
      case 'invocation':
        return invocationLine(event);
      case 'notification':
        return { area: 'controller', event: 'notified', message: `whoever is on call is told: ${event.subject}` };
    }
  };
}
