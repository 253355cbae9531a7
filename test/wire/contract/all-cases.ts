/** The contract: what AWS does, as far as lib/aws asks it. How to add a command stands in kinds.ts. */
import { accountCases } from './account.ts';
import type { AccountPeer } from './account-peer.ts';
import { alarmCases } from './alarms.ts';
import { batchCases } from './batch-cases.ts';
import type { Case } from './case.ts';
import { dnsCases } from './dns.ts';
import { groupReads } from './group-reads.ts';
import { groupWrites } from './group-writes.ts';
import { itemCases } from './item-cases.ts';
import { metricCases } from './metrics.ts';
import { notifyCases } from './notify.ts';
import type { Peer } from './peer.ts';
import { queryCases } from './query-cases.ts';
import { roleCases } from './roles.ts';
import type { TablePeer } from './table-peers.ts';
import { targetReads } from './target-reads.ts';
import { targetWrites } from './target-writes.ts';

/** About the size of fleets. */
export const groupCases: readonly Case<Peer>[] = [...groupReads, ...groupWrites, ...metricCases, ...alarmCases];

/** About who gets the traffic, and who hears of it. */
export const trafficCases: readonly Case<Peer>[] = [...targetReads, ...targetWrites, ...dnsCases, ...notifyCases];

export const awsCases: readonly Case<Peer>[] = [...groupCases, ...trafficCases];

export const tableCases: readonly Case<TablePeer>[] = [...itemCases, ...batchCases, ...queryCases];

/** About what only a person's command sends: moto alone plays it. `complete.wire.ts` knows by imports what belongs here. */
export const accountOnlyCases: readonly Case<AccountPeer>[] = [...accountCases, ...roleCases];
