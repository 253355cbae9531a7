/** By hand: rehearses an outage with the policies as deployed, on a simulated account or, where it is asked for, on the real one. */
import { drillBy } from './drill-by.ts';
import { rig } from './rehearsal.ts';
import { lambda } from './runtime.ts';

export const drill = drillBy(rig);

export const handler = lambda(drill);
