// The README's sample of `plan`, held against what the command prints of such an account.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Asked, awsServer } from '../aws/aws-server.ts';
import { answerFor } from '../doctor/many-services.ts';
import { edited, policyText } from '../policy/base.ts';
import { evenkeel } from './capture.ts';

const aws = awsServer();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-plan-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the lab's names are in the account of many services. */
const THEIRS: Readonly<Record<string, string>> = {
  'exercise-group': 'group-0',
  'exercise-standby-group': 'group-1',
  'exercise-target-group': 'targets-0',
  'exercise-standby': 'targets-1',
  seoul: 'a',
  tokyo: 'b',
};
const toTheirs = (text: string): string => text.replace(/exercise-[a-z-]+/, (name) => THEIRS[name] ?? name);
const toOurs = (text: string): string =>
  Object.entries(THEIRS).reduce(
    (all, [ours, theirs]) => all.replace(new RegExp(`(?<=[>/])${theirs}(?=[</])`, 'g'), ours),
    text,
  );

/** The lab of web.yml with one server in each region, and CPU at 95 % in every minute. */
function labAnswer(asked: Asked) {
  const form = new URLSearchParams(
    Array.from(asked.form, ([key, value]) => [key, toTheirs(value)] as [string, string]),
  );
  const answer = answerFor({ ...asked, form }, 2, 95);
  return { ...answer, body: toOurs(answer.body ?? '') };
}

it("prints the README's sample of a policy that observes", async () => {
  aws.answer = labAnswer;
  const file = join(folder, 'web.yml');
  await writeFile(file, edited(policyText('web.yml'), ['mode: enforce', 'mode: observe']));
  const { code, out, err } = await evenkeel(['plan', '--policy', file]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const sample = /^```text\n(State from [^`]*)```/m.exec(await readFile('README.md', 'utf8'))?.[1];
  expect(sample).toBe(out);
});
