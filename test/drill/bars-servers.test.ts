import { keepsWithin } from './bars.ts';

/** Act 24 and capacity 155 later, as `server-stops`, after what keeps the server from being taken out or replaced. */
keepsWithin({
  // The group finds out by itself within 120 s.
  'zone-lost': { act: 24, recover: 120 + 3 + 90 + 22 },
  // The eighth waits for two windows of five minutes, the third of which begins with the second server.
  'one-a-minute': { act: 24, recover: 60 + 600 + 24 + 5 + 155 },
  // Started again after 84 s, and readmitted after its back-off.
  'two-ports': { act: 24, recover: 84 + 300 + 22 },
  // The deployment runs for 264 s, and its end is seen a minute later.
  'deployment-one-fails': { act: 264 + 60 + 5 + 2, recover: 264 + 67 + 155 },
  // Frozen for 40 s from the decision; then the next event, the rounds anew, and the act.
  'frozen-function': { act: 22 + 40 + 2 + 15 + 2, recover: 81 + 155 },
  // Denied for 324 s.
  'denied-midway': { act: 24, recover: 324 + 2 + 155 },
});
