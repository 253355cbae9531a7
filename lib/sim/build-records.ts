/** The record sets that lead to a new world's sites: weighted, all weight on the primary. */
import type { ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Policy } from '../core/model.ts';
import type { Account, Service, Site } from './account.ts';
import { DAY_MS } from './account.ts';
import { inOrder } from './dns.ts';
import { normalName, recordedName } from './names.ts';
import { sitesOf } from './places.ts';

/** The ways in which a record set of this type may lead to the site; the first is what plain sets carry. */
function addressOf(account: Account, site: Site, type: string): string {
  const number = account.addresses.size + 1;
  const loadBalancer = `${site.targetGroup.name}-lb-${number}.${site.region.name}.elb.amazonaws.com`;
  account.addresses.set(normalName(`dualstack.${loadBalancer}`), site);
  account.addresses.set(normalName(loadBalancer), site);
  const address = type === 'AAAA' ? `2001:db8::${number.toString(16)}` : `198.18.${number >> 8}.${number & 255}`;
  account.addresses.set(address, site);
  return type === 'CNAME' ? loadBalancer : address;
}

function recordSet(account: Account, site: Site, type: string, weight: number): ResourceRecordSet {
  const { policy, options } = site.service;
  const failover = policy.failover as NonNullable<Policy['failover']>;
  const set = {
    Name: recordedName(failover.record.name),
    Type: type as NonNullable<ResourceRecordSet['Type']>,
    SetIdentifier: failover[site.name].setIdentifier,
    Weight: weight,
  };
  const value = addressOf(account, site, type);
  if (!options.alias || type === 'CNAME')
    return { ...set, TTL: options.ttlSeconds, ResourceRecords: [{ Value: value }] };
  const DNSName = `${[...account.addresses].find(([name, at]) => at === site && name.startsWith('dualstack.'))?.[0]}.`;
  return { ...set, AliasTarget: { HostedZoneId: 'ZWKZPGTI48KDX', DNSName, EvaluateTargetHealth: true } };
}

export function buildRecords(account: Account, service: Service): void {
  const failover = service.policy.failover;
  if (failover === undefined) return;
  const id = failover.hostedZoneId;
  const apex = recordedName(failover.record.name.split('.').slice(-2).join('.'));
  const zone = account.zones.get(id) ?? {
    id,
    recorded: [
      { Name: apex, Type: 'NS' as const, TTL: 172_800, ResourceRecords: [{ Value: 'ns-1.awsdns-01.example.' }] },
      {
        Name: apex,
        Type: 'SOA' as const,
        TTL: 900,
        ResourceRecords: [{ Value: 'ns-1.awsdns-01.example. hostmaster.example. 1 7200 900 1209600 86400' }],
      },
    ],
    served: [],
    lastInsyncMs: account.clock.nowMs() - DAY_MS,
  };
  account.zones.set(id, zone);
  const types = failover.record.type === 'A' && service.options.dualStack ? ['A', 'AAAA'] : [failover.record.type];
  const added = types.flatMap((type) =>
    sitesOf(service).map((site) => recordSet(account, site, type, site.name === 'primary' ? 100 : 0)),
  );
  service.records = added;
  zone.recorded = inOrder([...zone.recorded, ...added]);
  zone.served = zone.recorded;
}
