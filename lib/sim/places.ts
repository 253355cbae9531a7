/** Finding one's way in the account. */
import type { Account, Region, Server, Service, Site } from './account.ts';
import type { Condition } from './faults.ts';

/** A region of the account; made on first mention, for a name may be met before anything stands there. */
export function regionOf(account: Account, name: string): Region {
  const known = account.regions.get(name);
  if (known !== undefined) return known;
  const region: Region = {
    name,
    zones: [
      { name: `${name}a`, lost: false, shifted: false },
      { name: `${name}c`, lost: false, shifted: false },
    ],
    lost: false,
    groups: new Map(),
    targetGroups: new Map(),
    servers: new Map(),
  };
  account.regions.set(name, region);
  return region;
}

/** What a request to this server and port meets. A machine, zone or region that is lost answers nothing at all. */
export function conditionOf(server: Server, port: number): Condition {
  if (server.dead || server.zone.lost || server.site.region.lost) return 'hangs';
  return server.portConditions.get(port) ?? server.condition;
}

export function sitesOf(service: Service): readonly Site[] {
  return service.secondary === null ? [service.primary] : [service.primary, service.secondary];
}
