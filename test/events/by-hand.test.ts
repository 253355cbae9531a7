// The scheduled event: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
import { readdirSync, readFileSync } from 'node:fs';
import type { ScheduledEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import scheduled from '../../events/tick-scheduled.json' with { type: 'json' };
import { parseDrillRequest } from '../../lib/events/drill-request.ts';
import { parseOrder } from '../../lib/events/order.ts';
import { parseTick } from '../../lib/events/tick.ts';

const EVENTS = new URL('../../events/', import.meta.url);

/** The events of one function, by file name. */
function recorded(prefix: string): [string, unknown][] {
  return readdirSync(EVENTS)
    .filter((file) => file.startsWith(prefix))
    .map((file) => [file, JSON.parse(readFileSync(new URL(file, EVENTS), 'utf8'))]);
}

type Case = [what: string, event: unknown, field: string, message: string];
const refusal = (field: string, message: string) => ({ ok: false, problem: { code: 'BAD_EVENT', field, message } });

describe('a tick', () => {
  it('comes from the schedule, for as many rounds as fit', () => {
    const { 'detail-type': detailType, ...rest } = scheduled;
    rest satisfies Omit<ScheduledEvent, 'detail-type'>;
    expect(detailType).toBe('Scheduled Event');
    expect(parseTick(scheduled)).toEqual({ ok: true, value: { kind: 'tick', byHand: false, rounds: null } });
  });

  it('comes by hand, for the rounds asked for', () => {
    expect(parseTick({ rounds: 3 })).toEqual({ ok: true, value: { kind: 'tick', byHand: true, rounds: 3 } });
  });

  const ROUNDS = 'a whole number of rounds, 1 or more';
  const cases: Case[] = [
    ['nothing', undefined, 'event', 'event: found nothing, expected a scheduled event, or {"rounds": 3} by hand'],
    ['no rounds', {}, 'rounds', `rounds: found nothing, expected ${ROUNDS}`],
    ['0 rounds', { rounds: 0 }, 'rounds', `rounds: found 0, expected ${ROUNDS}`],
    ['fewer than none', { rounds: -3 }, 'rounds', `rounds: found -3, expected ${ROUNDS}`],
    ['one and a half', { rounds: 1.5 }, 'rounds', `rounds: found 1.5, expected ${ROUNDS}`],
    ['a text', { rounds: '3' }, 'rounds', `rounds: found "3", expected ${ROUNDS}`],
    ['a misspelt key', { rounds: 3, round: 3 }, 'round', 'round: unknown key; did you mean "rounds"?'],
    ['another source', { ...scheduled, source: 'aws.ec2' }, 'source', 'source: found "aws.ec2", expected "aws.events"'],
    [
      'another event',
      { source: 'aws.events', 'detail-type': 'Rule Changed' },
      'detail-type',
      'detail-type: found "Rule Changed", expected "Scheduled Event"',
    ],
  ];
  it.each(cases)('is refused with %s', (_, event, field, message) => {
    expect(parseTick(event)).toEqual(refusal(field, message));
  });
});

describe('an order', () => {
  it.each(recorded('operate-'))('is read as it stands: %s', (_, event) => {
    expect(parseOrder(event)).toEqual({ ok: true, value: event });
  });

  it('has a recorded event of each kind', () => {
    const orders = recorded('operate-').map(([, event]) => (event as { order: string }).order);
    expect(new Set(orders)).toEqual(
      new Set(['status', 'failover', 'failback', 'hold', 'release', 'freeze', 'unfreeze', 'capacity', 'stop-drill']),
    );
  });

  it('of status or release may leave the service out, meaning all', () => {
    expect(parseOrder({ order: 'status', service: 'web' })).toMatchObject({ ok: true });
    expect(parseOrder({ order: 'release' })).toEqual({ ok: true, value: { order: 'release' } });
  });

  const SERVICE = "a service's name";
  const ORDERS = 'one of status, failover, failback, hold, release, freeze, unfreeze, capacity, stop-drill';
  const CAPACITY = 'a whole number of instances, 0 or more';
  const EXPIRY = 'a whole number of seconds from 1 to 31536000';
  const PHASES = 'the failover state you believe in: primary, failingOver, secondary or failingBack';
  const floor = { order: 'capacity', service: 'web', capacity: 2, expiresInSeconds: 60 };
  const cases: Case[] = [
    [
      'a text for an object',
      'status',
      'event',
      'event: found "status", expected an order such as {"order": "status"}; orders are status, failover, failback, hold, release, freeze, unfreeze, capacity, stop-drill',
    ],
    ['no order', {}, 'order', `order: found nothing, expected ${ORDERS}`],
    ['an unknown order', { order: 'explode' }, 'order', `order: found "explode", expected ${ORDERS}`],
    [
      'a misspelt order',
      { order: 'fail-over' },
      'order',
      `order: found "fail-over", expected ${ORDERS}; did you mean "failover"?`,
    ],
    [
      'an order that every object inherits',
      { order: 'toString' },
      'order',
      `order: found "toString", expected ${ORDERS}`,
    ],
    ['failover of nothing', { order: 'failover' }, 'service', `service: found nothing, expected ${SERVICE}`],
    ['failback of nothing', { order: 'failback', service: '' }, 'service', `service: found "", expected ${SERVICE}`],
    ['hold of all', { order: 'hold' }, 'service', `service: found nothing, expected ${SERVICE}`],
    [
      'a misspelt guard',
      { order: 'failover', service: 'web', expct: 'primary' },
      'expct',
      'expct: unknown key; did you mean "expect"?',
    ],
    [
      'a state that is none',
      { order: 'failover', service: 'web', expect: 'tokyo' },
      'expect',
      `expect: found "tokyo", expected ${PHASES}`,
    ],
    [
      'freeze of one service',
      { order: 'freeze', service: 'web' },
      'service',
      'service: unknown key; known here: order',
    ],
    ['a capacity below zero', { ...floor, capacity: -1 }, 'capacity', `capacity: found -1, expected ${CAPACITY}`],
    ['half an instance', { ...floor, capacity: 0.5 }, 'capacity', `capacity: found 0.5, expected ${CAPACITY}`],
    ['no capacity', { ...floor, capacity: undefined }, 'capacity', `capacity: found nothing, expected ${CAPACITY}`],
    [
      'a floor without end',
      { ...floor, expiresInSeconds: undefined },
      'expiresInSeconds',
      `expiresInSeconds: found nothing, expected ${EXPIRY}: a floor under the capacity must end by itself`,
    ],
    [
      'an end in the past',
      { ...floor, expiresInSeconds: 0 },
      'expiresInSeconds',
      `expiresInSeconds: found 0, expected ${EXPIRY}`,
    ],
    [
      'an end beyond all calendars',
      { ...floor, expiresInSeconds: Number.MAX_SAFE_INTEGER },
      'expiresInSeconds',
      `expiresInSeconds: found 9007199254740991, expected ${EXPIRY}`,
    ],
  ];
  it.each(cases)('is refused: %s', (_, event, field, message) => {
    expect(parseOrder(event)).toEqual(refusal(field, message));
  });
});

describe('a drill', () => {
  it.each(recorded('drill-'))('is read as it stands: %s', (_, event) => {
    expect(parseDrillRequest(event)).toEqual({ ok: true, value: event });
  });

  it('needs only a scenario', () => {
    expect(parseDrillRequest({ scenario: 'server-stops' })).toEqual({ ok: true, value: { scenario: 'server-stops' } });
  });

  const cases: Case[] = [
    ['nothing', null, 'event', 'event: found null, expected a drill such as {"scenario": "server-stops"}'],
    ['no scenario', { service: 'web' }, 'scenario', 'scenario: found nothing, expected the name of a scenario'],
    [
      'a seed that is no number',
      { scenario: 'cpu-surge', seed: 'x' },
      'seed',
      'seed: found "x", expected a whole number, 0 or more',
    ],
    [
      'a key far from any known',
      { scenario: 'cpu-surge', expiresInSeconds: 300 },
      'expiresInSeconds',
      'expiresInSeconds: unknown key; known here: mode, scenario, service, seed',
    ],
    [
      'a mode that is none',
      { scenario: 'cpu-surge', mode: 'real' },
      'mode',
      'mode: found "real", expected "simulated", which it is unless told otherwise, or "live"',
    ],
    [
      'a key of hostile length',
      { scenario: 'cpu-surge', ['s'.repeat(100_000)]: 1 },
      's'.repeat(100_000),
      `${'s'.repeat(100_000)}: unknown key; known here: mode, scenario, service, seed`,
    ],
  ];
  it.each(cases)('is refused: %s', (_, event, field, message) => {
    expect(parseDrillRequest(event)).toEqual(refusal(field, message));
  });
});

describe('a live drill', () => {
  const asked = {
    scenario: 'server-stops',
    mode: 'live',
    service: 'web',
    confirm: 'web',
    expiresInSeconds: 300,
    abortWhen: ['errors'],
  };
  const EXPIRY = 'a whole number of seconds from 1 to 840, after which the drill ends by itself';
  const CONFIRM = "the service's name once more, because this takes real servers out of service";
  const ALARMS = 'a list of the names of at most 10 alarms that end the drill; [] for none';

  it('may name no alarm, but only by saying so', () => {
    expect(parseDrillRequest({ ...asked, abortWhen: [] })).toMatchObject({ ok: true });
  });

  it.each(Object.keys(asked).filter((key) => key !== 'mode'))('is not begun without %s', (key) => {
    const { [key as keyof typeof asked]: _, ...rest } = asked;
    expect(parseDrillRequest(rest)).toMatchObject({ ok: false, problem: { code: 'BAD_EVENT', field: key } });
  });

  const cases: Case[] = [
    [
      'a scenario that is simulated only',
      { ...asked, scenario: 'region-lost' },
      'scenario',
      'scenario: found "region-lost", expected "server-stops" or "targets-fail": nothing else is played on real servers',
    ],
    [
      'the name of another service',
      { ...asked, confirm: 'api' },
      'confirm',
      `confirm: found "api", expected ${CONFIRM}: "web"`,
    ],
    ['a yes', { ...asked, confirm: true }, 'confirm', `confirm: found true, expected ${CONFIRM}`],
    [
      'no end',
      { ...asked, expiresInSeconds: undefined },
      'expiresInSeconds',
      `expiresInSeconds: found nothing, expected ${EXPIRY}`,
    ],
    [
      'an end after the function’s own',
      { ...asked, expiresInSeconds: 841 },
      'expiresInSeconds',
      `expiresInSeconds: found 841, expected ${EXPIRY}`,
    ],
    [
      'nothing to stop it',
      { ...asked, abortWhen: undefined },
      'abortWhen',
      `abortWhen: found nothing, expected ${ALARMS}`,
    ],
    [
      'one alarm that is no list',
      { ...asked, abortWhen: 'errors' },
      'abortWhen',
      `abortWhen: found "errors", expected ${ALARMS}`,
    ],
    [
      'too many alarms',
      { ...asked, abortWhen: Array.from({ length: 11 }, (_, n) => `a-${n}`) },
      'abortWhen',
      `abortWhen: found a list of 11, expected ${ALARMS}`,
    ],
    [
      'an alarm without a name',
      { ...asked, abortWhen: ['errors', ''] },
      'abortWhen[1]',
      'abortWhen[1]: found "", expected an alarm\'s name of 1 to 255 characters',
    ],
    ['a misspelt guard', { ...asked, abortwhen: [] }, 'abortwhen', 'abortwhen: unknown key; did you mean "abortWhen"?'],
  ];
  it.each(cases)('is refused: %s', (_, event, field, message) => {
    expect(parseDrillRequest(event)).toEqual(refusal(field, message));
  });
});
