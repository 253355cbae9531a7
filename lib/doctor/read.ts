/** Reads what the policies name, batched over all of them; whatever cannot be read is missing for those alone whom it concerns. */
import { isPortError, notRead, refusedCredentials } from '../controller/reading.ts';
import type { Datapoint, Policy, Reading } from '../core/model.ts';
import { type Clock, MISSING_BECAUSE, type PortError, type Ports, type SignalQuery } from '../ports.ts';
import type { AccountPort, GroupView, TargetGroupSettings } from './ports.ts';
import { lookBackMs } from './signals.ts';
import { type ServiceView, type Site, type SiteView, sitesOf } from './sites.ts';

/** Reads under way at once. The account's own limits are felt before the line's. */
const AT_ONCE = 8;

export interface World extends Pick<Ports, 'clock' | 'fleet' | 'targets' | 'metrics' | 'dns'> {
  readonly account: AccountPort;
}

/** What no adapter can sort into a kind is a refusal of what was asked, like a statistic that CloudWatch does not know. */
const REFUSED = 'conflict';

/** Makes one read. Whatever it rejects with becomes a missing reading. */
export type Read = <T>(call: () => Promise<T>) => Promise<Reading<T>>;

/** Reads of one run: at most `AT_ONCE` under way, counted. */
export interface Reader {
  readonly read: Read;
  /** Why nothing at all could be read, where it is the credentials' fault. */
  refused(): string | null;
  /** What the first of them said, where AWS answered nothing at all: there is no connection. */
  unreachable(): string | null;
}

interface Answered {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Whether AWS said nothing, not even no. */
function isSilence(error: unknown): error is PortError {
  return isPortError(error) && (error.cause as Answered | undefined)?.$metadata?.httpStatusCode === undefined;
}

/** @param onRead is told after each read how many are done, of how many that are known so far. */
export function readerOf(clock: Clock, onRead: (done: number, all: number) => void): Reader {
  const waiting: (() => void)[] = [];
  let [under, all, done, known, answered] = [0, 0, 0, 0, 0];
  let refused: string | null = null;
  let silence: string | null = null;
  const enter = async (): Promise<void> => {
    if (under < AT_ONCE) under += 1;
    else await new Promise<void>((go) => waiting.push(go));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) under -= 1;
    else next();
    done += 1;
    onRead(done, all);
  };
  return {
    refused: () => (known === 0 ? refused : null),
    unreachable: () => (known + answered === 0 ? silence : null),
    async read(call) {
      all += 1;
      await enter();
      const atMs = clock.nowMs();
      try {
        const value = await call();
        known += 1;
        return { known: true, atMs, value };
      } catch (error) {
        refused ??= refusedCredentials(error);
        const detail = error instanceof Error ? error.message : String(error);
        if (isSilence(error)) silence ??= error.message;
        else answered += 1;
        return { known: false, atMs, why: isPortError(error) ? MISSING_BECAUSE[error.kind] : REFUSED, detail };
      } finally {
        leave();
      }
    },
  };
}

type Groups = Reading<ReadonlyMap<string, GroupView>>;

/** What several services share, by region. */
interface Shared {
  readonly groups: ReadonlyMap<string, Promise<Groups>>;
  readonly targetGroups: ReadonlyMap<string, Promise<Reading<readonly TargetGroupSettings[]>>>;
  readonly scalers: ReadonlyMap<string, Promise<Reading<ReadonlyMap<string, readonly string[]>>>>;
  readonly refreshes: ReadonlyMap<string, Promise<Reading<boolean>>>;
  readonly signals: ReadonlyMap<string, Promise<ReadonlyMap<string, Reading<readonly Datapoint[]>>>>;
}

function byRegion<T>(items: Iterable<readonly [region: string, item: T]>): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const [region, item] of items) found.set(region, [...(found.get(region) ?? []), item]);
  return found;
}

function mapped<T, U>(of: ReadonlyMap<string, T>, make: (region: string, value: T) => U): Map<string, U> {
  return new Map([...of].map(([region, value]) => [region, make(region, value)]));
}

function sharedReads(world: World, { read }: Reader, policies: readonly Policy[]): Shared {
  const sites = policies.flatMap(sitesOf);
  const groupNames = byRegion(sites.flatMap((s) => (s.group === undefined ? [] : [[s.region, s.group.name] as const])));
  const fleets = byRegion(policies.flatMap((p) => (p.fleet ? [[p.region, p.fleet.autoScalingGroup] as const] : [])));
  const groups = mapped(groupNames, (region, names) => read(() => world.account.groups(region, [...new Set(names)])));
  const regions = byRegion(sites.flatMap((s) => (s.targetGroup === undefined ? [] : [[s.region, s] as const])));
  return {
    groups,
    targetGroups: mapped(regions, (region) => read(() => world.account.targetGroups(region))),
    scalers: mapped(fleets, async (region, names) => {
      const known = (await groups.get(region)) as Groups;
      // Told already.
      if (!known.known) return notRead(known.atMs);
      const views = names.flatMap((name) => known.value.get(name) ?? []);
      return read(() => world.fleet.otherScalers(region, views));
    }),
    // Its permission cannot be narrowed to a group: one that exists shows it for all.
    refreshes: mapped(fleets, async (region, names) => {
      const known = (await groups.get(region)) as Groups;
      const name = known.known ? names.find((one) => known.value.has(one)) : undefined;
      return name === undefined ? notRead(known.atMs) : read(() => world.fleet.isRefreshing(region, name));
    }),
    signals: signalReads(world, { read }, policies),
  };
}

const signalId = (service: string, index: number): string => `${service}#${index}`;

/** One batch a region; where that is refused as a whole for one broken metric, each by itself. */
function signalReads(
  { clock, metrics }: World,
  { read }: Pick<Reader, 'read'>,
  policies: readonly Policy[],
): Shared['signals'] {
  const nowMs = clock.nowMs();
  const queries = byRegion(
    policies.flatMap(({ region, service, scaling }) =>
      (scaling?.signals ?? []).map((signal, index) => {
        const query: SignalQuery = { id: signalId(service, index), metric: signal.metric };
        return [region, { query, fromMs: nowMs - lookBackMs(signal) }] as const;
      }),
    ),
  );
  return mapped(queries, async (region, wanted) => {
    const earliestMs = Math.min(...wanted.map(({ fromMs }) => fromMs));
    const all = wanted.map(({ query }) => query);
    const together = await read(() => metrics.read(region, all, earliestMs, nowMs));
    const isRefused = !together.known && together.why === REFUSED;
    const one = async ({
      query,
      fromMs,
    }: (typeof wanted)[number]): Promise<[string, Reading<readonly Datapoint[]>]> => {
      const answer = isRefused ? await read(() => metrics.read(region, [query], fromMs, nowMs)) : together;
      if (!answer.known) return [query.id, answer];
      const value = answer.value.get(query.id)?.filter(({ startMs }) => startMs >= fromMs);
      const detail = 'CloudWatch gave no datapoint, and says that it is not done';
      return [
        query.id,
        value === undefined ? { known: false, atMs: answer.atMs, why: 'unavailable', detail } : { ...answer, value },
      ];
    };
    return new Map(await Promise.all(wanted.map(one)));
  });
}

/** One of many that were read together. */
function oneOf<T, U>(
  reading: Reading<T> | undefined,
  pick: (value: T) => U | undefined,
  name: string,
): Reading<U> | undefined {
  if (reading === undefined || !reading.known) return reading;
  const value = pick(reading.value);
  return value === undefined
    ? { known: false, atMs: reading.atMs, why: 'not-found', detail: name }
    : { ...reading, value };
}

async function readSite(world: World, { read }: Reader, shared: Shared, site: Site): Promise<SiteView> {
  const { region, group, targetGroup } = site;
  const groups = group && (await shared.groups.get(region));
  const settings =
    targetGroup &&
    oneOf(
      await shared.targetGroups.get(region),
      (all) => all.find(({ arn, name }) => arn === targetGroup.name || name === targetGroup.name),
      targetGroup.name,
    );
  const arn = settings?.known === true ? settings.value.arn : undefined;
  return {
    group: group && oneOf(groups, (all) => all.get(group.name), group.name),
    targetGroup: settings,
    targets: arn === undefined ? undefined : await read(() => world.targets.describe(region, arn)),
  };
}

async function readService(
  world: World,
  reader: Reader,
  shared: Shared,
  policy: Policy,
  topics: ReadonlyMap<string, Promise<ServiceView['topic']>>,
  record: Promise<ServiceView['record']>,
): Promise<ServiceView> {
  const { region, fleet, scaling, service, notify } = policy;
  const [home, standby] = sitesOf(policy);
  const [primary, secondary, scalers, refreshes, signals, topic] = await Promise.all([
    readSite(world, reader, shared, home as Site),
    standby && readSite(world, reader, shared, standby),
    fleet && shared.scalers.get(region),
    fleet && shared.refreshes.get(region),
    shared.signals.get(region),
    notify && topics.get(notify.topicArn),
  ]);
  return {
    primary,
    secondary,
    scalers: fleet && oneOf(scalers, (all) => all.get(fleet.autoScalingGroup), fleet.autoScalingGroup),
    refreshes,
    signals: (scaling?.signals ?? []).flatMap((_, index) => signals?.get(signalId(service, index)) ?? []),
    record: await record,
    topic,
  };
}

/** Everything that `diagnose` needs, by service. Errors of the account become missing readings. */
export async function readAccount(
  world: World,
  reader: Reader,
  policies: readonly Policy[],
): Promise<ReadonlyMap<string, ServiceView>> {
  const shared = sharedReads(world, reader, policies);
  const arns = new Set(policies.flatMap(({ notify }) => notify?.topicArn ?? []));
  const topics = new Map([...arns].map((arn) => [arn, reader.read(() => world.account.topic(arn))]));
  // One after the other: Route 53 allows few requests a second, and the port refuses what would wait for long.
  let last: Promise<unknown> = Promise.resolve();
  const recordOf = ({ failover }: Policy): Promise<ServiceView['record']> => {
    if (failover === undefined) return Promise.resolve(undefined);
    const record = last.then(() => reader.read(() => world.dns.read(failover.hostedZoneId, failover.record.name)));
    last = record;
    return record;
  };
  const views = await Promise.all(
    policies.map(
      async (policy) =>
        [policy.service, await readService(world, reader, shared, policy, topics, recordOf(policy))] as const,
    ),
  );
  return new Map(views);
}
