import type { Policy } from '../core/model.ts';
import { nearest } from './nearest.ts';
import { type Finding, type Path, pathText } from './problem.ts';
import { REGIONS } from './regions.ts';

/** Warnings of every region that the policy names. */
export function lintRegions({ region, failover, notify }: Policy): Finding[] {
  return [
    ...lintRegion(region, ['region']),
    ...(failover === undefined
      ? []
      : [
          ...lintRegion(failover.primary.region, ['failover', 'primary', 'region']),
          ...lintRegion(failover.secondary.region, ['failover', 'secondary', 'region']),
        ]),
    ...(notify === undefined ? [] : lintRegion(notify.topicArn.split(':')[3] as string, ['notify', 'topicArn'])),
  ];
}

function lintRegion(region: string, path: Path): Finding[] {
  if (REGIONS.includes(region)) return [];
  const guess = nearest(region, REGIONS);
  const meant = guess === undefined ? 'expected the code of one.' : `did you mean ${guess}?`;
  const message = `${pathText(path)}: found ${region}, no region that this version knows; ${meant} If it is newer than this version, all is well`;
  return [{ path, code: 'UNKNOWN_REGION', message }];
}
