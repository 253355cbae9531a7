import { execFileSync } from 'node:child_process';
import { PutItemCommand, type PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DynamoServer, startDynamo } from '../../contract/dynamo-server.ts';
import { judge, type Verdict } from './evidence.ts';
import { type RaceSpec, race } from './race.ts';
import { SCENES, type Scene } from './scenes.ts';
import type { Twist } from './stand.ts';

/** Each commit draws other races, and one commit always the same. */
const BASE = Number.parseInt(execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).slice(0, 7), 16);

let dynamo: DynamoServer;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

interface Sum {
  readonly runs: number;
  readonly writes: number;
  readonly doubleWrites: number;
  readonly lostRaces: number;
  /** What is wrong, with the scene and the seed that show it. */
  readonly wrong: readonly string[];
}

/** Runs races from `BASE` on, the scenes in turn. */
async function races(runs: number, spec: Omit<RaceSpec, 'dynamo' | 'scene' | 'seed'>): Promise<Sum> {
  const verdicts: (Verdict & { readonly of: string })[] = [];
  for (let run = 0; run < runs; run += 1) {
    const scene = SCENES[run % SCENES.length] as Scene;
    const seed = BASE + run;
    const verdict = await judge(scene, await race({ dynamo, scene, seed, ...spec }));
    verdicts.push({ ...verdict, of: `${scene.name}, seed ${seed}` });
  }
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, one) => total + of(one), 0);
  return {
    runs,
    writes: sum((v) => v.writes),
    doubleWrites: sum((v) => v.doubleWrites),
    lostRaces: sum((v) => v.lostRaces),
    wrong: verdicts.flatMap(({ wrong, of }) => wrong.map((what) => `${of}: ${what}`)),
  };
}

function say(what: string, { runs, writes, doubleWrites, lostRaces }: Sum): void {
  console.log(
    `${runs} runs of ${what} from seed ${BASE}: ${writes} writes, ${doubleWrites} double writes, ${lostRaces} lost races`,
  );
}

describe('controllers that race on one service over DynamoDB', () => {
  test('two of them act once, in 40 runs', async () => {
    const sum = await races(40, { controllers: 2 });
    say('the two-controller race', sum);
    expect(sum.wrong).toEqual([]);
    expect(sum.lostRaces).toBeGreaterThan(10);
    expect(sum.writes).toBeGreaterThan(40);
  });

  test('five of them act once, in 200 runs', { timeout: 300_000 }, async () => {
    const sum = await races(200, { controllers: 5 });
    say('the five-controller race', sum);
    expect(sum.wrong).toEqual([]);
    expect(sum.doubleWrites).toBe(0);
    // They did meet: most runs had writers that lost to another.
    expect(sum.lostRaces).toBeGreaterThan(200);
    expect(sum.writes).toBeGreaterThan(200);
  });
});

/** A writer that forgets the condition: what it writes goes over whatever was written since. */
const careless: Twist = {
  before({ operation, input }) {
    if (operation !== 'PutItem') return undefined;
    const {
      ConditionExpression: _,
      ExpressionAttributeNames: __,
      ExpressionAttributeValues: ___,
      ...put
    } = input as PutItemCommandInput;
    return new PutItemCommand(put);
  },
};

test('the judge finds double writers, lost updates and double writes when the condition of a save is dropped', async () => {
  const sum = await races(14, { controllers: 5, options: () => ({ twist: careless }) });
  say('the race without conditions', sum);
  const found = (words: string): number => sum.wrong.filter((what) => what.includes(words)).length;
  expect(found('has two writers')).toBeGreaterThan(14);
  expect(found('on something else than')).toBeGreaterThan(14);
  expect(sum.doubleWrites).toBeGreaterThan(0);
});
