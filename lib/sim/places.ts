/** Finding one's way in the account. */
import type { Account, Region, Server, Service, Site } from './account.ts';
import type { Condition, Servers } from './faults.ts';

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
    elbReads: { left: Number.POSITIVE_INFINITY, atMs: 0 },
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

/** @throws Error when no policy of this world has that name. */
export function serviceNamed(account: Account, name: string): Service {
  const service = account.services.get(name);
  if (service !== undefined) return service;
  throw new Error(`this world has no service ${name}; it has ${[...account.services.keys()].join(', ')}`);
}

/** @throws Error when the service has no such site. */
export function siteNamed(account: Account, place: { service: string; site: Site['name'] }): Site {
  const service = serviceNamed(account, place.service);
  const site = service[place.site];
  if (site !== null) return site;
  throw new Error(`the service ${place.service} has no ${place.site} site in this world`);
}

/** A site's servers in service, the oldest first. */
export function serversOf(site: Site): Server[] {
  const all = [...site.region.servers.values()].filter((server) => server.site === site);
  const serving = all.filter((server) => server.lifecycle === 'InService');
  return serving.sort((a, b) => a.inServiceMs - b.inServiceMs || (a.id < b.id ? -1 : 1));
}

export function chosen(account: Account, { service, site, which }: Servers): Server[] {
  const place = siteNamed(account, { service, site });
  if (typeof which === 'string' && which !== 'all') {
    return [...place.region.servers.values()].filter((server) => server.id === which);
  }
  const servers = serversOf(place);
  return which === 'all' ? servers : servers.slice(Number(which), Number(which) + 1);
}
