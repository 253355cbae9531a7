/**
 * Every command that lib/aws sends has at least one case of every kind; what does not apply is exempt here, with the
 * reason. `complete.wire.ts` holds the commands in the code against this.
 *
 * To add a command:
 * 1. add `...casesOf('TheCommand', { success: { 'what it does': async (peer) => { … } }, … })` to the file of its API
 *    beside this one (a new API: a new file, and a line in `all-cases.ts`). Inside, `peer.stage()` builds the lab,
 *    `stage.clients` send, `stage.…Now()` reads back as another client, `refused` and `stage.denied` tell a refusal.
 *    What no function sends, only a person's command, belongs to `accountOnlyCases`: the stand-ins of the functions lack it.
 * 2. exempt here what it cannot have. A command read by a paginator cannot be exempt from `pages`.
 * 3. run `npm run test:wire -- contract`. What fails on the simulator is fixed in lib/sim. What fails on moto though AWS
 *    does it is listed in ../differences.ts, with the page that says so.
 */
export const KINDS = ['success', 'not found', 'denied', 'invalid', 'pages'] as const;
export type Kind = (typeof KINDS)[number];

const ONE_PIECE = 'its answer comes in one piece';

export const EXEMPT: Readonly<Record<string, Partial<Readonly<Record<Kind, string>>>>> = {
  SetDesiredCapacity: { pages: ONE_PIECE },
  UpdateAutoScalingGroup: { pages: ONE_PIECE },
  SetInstanceHealth: { pages: ONE_PIECE },
  DescribeTargetHealth: { pages: 'it has no pages: all targets of one group come at once' },
  RegisterTargets: { pages: ONE_PIECE },
  DeregisterTargets: { pages: ONE_PIECE },
  GetChange: { pages: ONE_PIECE, invalid: 'its only input is an id, and an id of nothing is not found' },
  ChangeResourceRecordSets: { pages: ONE_PIECE },
  Publish: { pages: ONE_PIECE },
  ModifyTargetGroup: { pages: ONE_PIECE },
  GetTopicAttributes: { pages: ONE_PIECE },
  DescribeTimeToLive: { pages: ONE_PIECE },
  DescribeContinuousBackups: { pages: ONE_PIECE },
  GetRole: { pages: ONE_PIECE },
  GetRolePolicy: { pages: ONE_PIECE },
  GetPolicy: { pages: ONE_PIECE },
  GetPolicyVersion: { pages: ONE_PIECE },
  GetItem: { pages: ONE_PIECE },
  PutItem: { pages: ONE_PIECE },
  UpdateItem: { pages: ONE_PIECE },
  BatchWriteItem: { pages: 'it leaves items undone only when the table is throttled, which none of the peers does' },
};
