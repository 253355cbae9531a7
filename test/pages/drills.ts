/** Pages of real drills. */
import { SCENARIOS } from '../../lib/drill/scenarios.ts';
import { drillHtml, type Rehearsal } from '../../lib/report/drill-html.ts';
import type { Assets } from '../../lib/report/html-page.ts';
import { drill, web } from '../drill/rehearse.ts';

/** The page of these drills on policies/web.yml, one after the other. */
export async function drillPage(names: readonly string[], assets: Assets): Promise<string> {
  const drills: Rehearsal['drills'][number][] = [];
  for (const name of names) {
    const summary = SCENARIOS.find((one) => one.name === name)?.summary ?? '';
    drills.push({ summary, result: await drill(name, web()) });
  }
  return drillHtml({ policy: 'web.yml', drills, reachable: ['health: 24 s'], leftOut: [] }, assets);
}
