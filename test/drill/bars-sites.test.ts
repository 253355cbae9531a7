import { keepsWithin } from './bars.ts';

/** Act 24 and clients 114, as `targets-fail`, after what keeps the record from being moved or read. */
keepsWithin({
  // The standby has half of what it should have when nine of ten have booted: 19 + 93 + 22.
  'small-standby': { act: 24, recover: 134 },
  // Twice the same; the second time 1650 s later.
  relapse: { act: 24, recover: 1650 + 114 },
  // The outage comes 310 s after the edit.
  'foreign-dns': { act: 310 + 24, recover: 310 + 114 },
  // Throttled for 144 s, then the next round.
  'dns-throttled': { act: 144 + 5 + 2, recover: 144 + 5 + 2 + 90 },
  // Down for 420 s.
  'dns-down': { act: 420 + 5 + 2, recover: 420 + 5 + 2 + 90 },
  'deployment-all-fail': { act: 24, recover: 114 },
  // The load balancer shows it at once.
  'group-empties': { act: 12, recover: 102 },
  'policy-corrupted': { act: 24, recover: 114 },
});
