/** The contract: what AWS does, as far as lib/aws asks it. How to add a command stands in kinds.ts. */
import { autoScalingCases } from './auto-scaling.ts';
import type { Case } from './case.ts';
import { dnsCases } from './dns.ts';
import { loadBalancingCases } from './load-balancing.ts';
import { metricCases } from './metrics.ts';
import { notifyCases } from './notify.ts';
import type { Peer } from './peer.ts';

export const awsCases: readonly Case<Peer>[] = [
  ...autoScalingCases,
  ...loadBalancingCases,
  ...metricCases,
  ...dnsCases,
  ...notifyCases,
];
