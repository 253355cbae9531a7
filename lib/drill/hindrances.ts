/** What hinders the controller at a service and shows in no event of the world: the faults that set it up, until they end. */
import type { Fault } from '../sim/faults.ts';

/** By service or region. */
export type Hindrances = Map<string, Set<string>>;

/** What of this fault begins or ends to hinder the controller at that service or in that region; `null`: nothing. */
function hindranceOf(fault: Fault): { readonly where: string; readonly what: string; readonly on: boolean } | null {
  switch (fault.kind) {
    case 'suspend':
      return { where: fault.service, what: `suspended ${fault.site}`, on: fault.processes.length > 0 };
    case 'launch-hook':
      return { where: fault.service, what: `hook ${fault.site}`, on: fault.seconds > 0 };
    case 'metrics':
      return { where: fault.service, what: `metrics ${fault.signal ?? 'all'}`, on: fault.how !== 'normal' };
    case 'zonal-shift':
      return { where: fault.region, what: fault.zone, on: fault.active };
    case 'protection':
      return { where: fault.service, what: `protected ${fault.site}`, on: fault.on };
    case 'person':
      return fault.edit === 'operator' ? { where: fault.service, what: `operator ${fault.site}`, on: fault.on } : null;
    default:
      return null;
  }
}

/** The n-th oldest is another by then: only who ends it for all ends it for sure. */
const endsForSure = (fault: Fault): boolean => fault.kind !== 'protection' || fault.which === 'all';

/** Notes what the fault begins or ends of it. */
export function noteHindrance(hindrances: Hindrances, fault: Fault): void {
  const found = hindranceOf(fault);
  if (found === null) return;
  const { where, what, on } = found;
  const here = hindrances.get(where) ?? new Set();
  hindrances.set(where, here);
  if (on) here.add(what);
  // Metrics of all signals come back together.
  else if (what === 'metrics all') for (const one of here) here.delete(one.startsWith('metrics') ? one : '');
  else if (endsForSure(fault)) here.delete(what);
}

/** Whether anything hinders it at one of these services and regions. */
export function isHindered(hindrances: Hindrances, where: readonly string[]): boolean {
  return where.some((one) => (hindrances.get(one)?.size ?? 0) > 0);
}
