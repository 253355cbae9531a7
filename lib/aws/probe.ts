/** The probe: one plain GET, from where the controller runs. */
import type { ProbePort } from '../ports.ts';

/**
 * Redirects are not followed and count as failing, as a load balancer's own health check does with the matcher 200: a
 * site that sends its visitors elsewhere does not serve them.
 */
export function httpProbe(): ProbePort {
  return {
    probe: async (url, timeoutMs) => {
      try {
        const response = await fetch(url, {
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMs),
          // A connection kept from before Lambda froze may be dead, and would speak against a site that lives.
          headers: { connection: 'close', 'user-agent': 'evenkeel-probe', 'cache-control': 'no-cache' },
        });
        // Nobody reads the body; left open it would hold its connection.
        await response.body?.cancel();
        return response.ok;
      } catch {
        return false;
      }
    },
  };
}
