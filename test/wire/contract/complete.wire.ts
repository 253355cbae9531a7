import { describe, expect, it } from 'vitest';
import { FUNCTION_FILES, sentByFunction } from '../../deploy/sent.ts';
import { type SentCommand, sentBy, sentByAws } from '../../sent-commands.ts';
import { DIFFERENCES } from '../differences.ts';
import { accountOnlyCases, awsCases, tableCases } from './all-cases.ts';
import { nameOf } from './case.ts';
import { broken, judge } from './judge.ts';
import { EXEMPT, KINDS, type Kind } from './kinds.ts';
import { permissionCases } from './permissions.ts';

const CASES = [...awsCases, ...tableCases, ...permissionCases, ...accountOnlyCases];

/** What the contract lacks of these commands, in words. */
function lacking(sent: readonly SentCommand[]): string[] {
  return sent.flatMap(({ command, pages }) =>
    KINDS.flatMap((kind) => {
      const exempt = EXEMPT[command]?.[kind] !== undefined;
      const there = CASES.some((one) => one.command === command && one.kind === kind);
      if (exempt && there) return [`${command} has cases of "${kind}" and is exempt from it`];
      if (exempt && kind === 'pages' && pages) return [`${command} is read by a paginator and exempt from "pages"`];
      return exempt || there ? [] : [`${command} has no case of "${kind}"`];
    }),
  );
}

describe('the contract', () => {
  it('has a case of every kind for every command that lib/aws sends', () => {
    const sent = sentByAws();
    expect(sent.length).toBeGreaterThan(15);
    expect(lacking(sent)).toEqual([]);
  });

  it('has no cases and no exemptions for commands that nobody sends', () => {
    const sent = new Set(sentByAws().map(({ command }) => command));
    const named = [...CASES.map(({ command }) => command), ...Object.keys(EXEMPT)];
    expect(named.filter((command) => !sent.has(command))).toEqual([]);
  });

  it('asks the stand-ins of the functions what functions send, and moto alone what only a person’s command sends', () => {
    const byFunctions = new Set(FUNCTION_FILES.flatMap(sentByFunction).map(({ command }) => command));
    const commandsOf = (cases: readonly { readonly command: string }[]) =>
      [...new Set(cases.map(({ command }) => command))].sort();
    const byPersons = sentByAws().filter(({ command }) => !byFunctions.has(command));
    expect(byPersons.length).toBeGreaterThan(5);
    expect(commandsOf(accountOnlyCases)).toEqual(commandsOf(byPersons));
    expect(commandsOf([...awsCases, ...tableCases])).toEqual([...byFunctions].sort());
  });

  it('finds a command that was added without cases, however it is imported', () => {
    const planted = sentBy(`
      import type { ScalingPolicy } from '@aws-sdk/client-auto-scaling';
      import { DescribePoliciesCommand,
        /* renamed */ TerminateInstanceInAutoScalingGroupCommand as Kill, } from '@aws-sdk/client-auto-scaling';
      import { type CloudWatchClient, paginateDescribeAlarmHistory } from '@aws-sdk/client-cloudwatch';
      export { PublishBatchCommand } from '@aws-sdk/client-sns';
      // import { DeleteAlarmsCommand } from '@aws-sdk/client-cloudwatch';
      export const all = [DescribePoliciesCommand, Kill, paginateDescribeAlarmHistory] satisfies unknown[];
      export const said = "import { PutDashboardCommand } from '@aws-sdk/nothing'";
    `);
    expect(planted).toEqual([
      { client: 'auto-scaling', command: 'DescribePolicies', pages: false },
      { client: 'auto-scaling', command: 'TerminateInstanceInAutoScalingGroup', pages: false },
      { client: 'cloudwatch', command: 'DescribeAlarmHistory', pages: true },
      { client: 'sns', command: 'PublishBatch', pages: false },
    ]);
    const all = (command: string) => KINDS.map((kind: Kind) => `${command} has no case of "${kind}"`);
    expect(lacking(planted)).toEqual([
      ...all('TerminateInstanceInAutoScalingGroup'),
      ...all('DescribeAlarmHistory'),
      ...all('PublishBatch'),
    ]);
  });

  it('finds a paginator behind the back of an exemption', () => {
    expect(lacking([{ client: 'sns', command: 'Publish', pages: true }])).toEqual([
      'Publish is read by a paginator and exempt from "pages"',
    ]);
  });

  it.each([
    ["import * as sns from '@aws-sdk/client-sns'; export const c = new sns.PublishCommand({});", /in a way/],
    ["export const c = await import('@aws-sdk/client-sns');", /in a way/],
    [
      "import { waitUntilTableExists } from '@aws-sdk/client-dynamodb'; export const w = waitUntilTableExists;",
      /waitUntilTableExists of client-dynamodb/,
    ],
  ])('refuses an import from which the commands cannot be told: %s', (text, problem) => {
    expect(() => sentBy(text)).toThrow(problem);
  });

  it('names each case once', () => {
    const names = CASES.map(nameOf);
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
  });
});

describe('the list of differences', () => {
  it('names each once, with the page of AWS that says what is right, and cases that there are', () => {
    const names = new Set(CASES.map(nameOf));
    for (const one of DIFFERENCES) {
      expect(DIFFERENCES.filter(({ id }) => id === one.id)).toEqual([one]);
      expect(one.page).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/\S+\.html/);
      expect(broken(one).length).toBeGreaterThan(0);
      expect(broken(one).filter((name) => !names.has(name))).toEqual([]);
    }
  });

  it('lets a case fail as it says, and no otherwise', () => {
    const [one] = DIFFERENCES.filter(({ id }) => id === 'insync-at-once');
    if (one === undefined) throw new Error('the difference is gone');
    const failure = new Error("expected 'INSYNC' to be 'PENDING' // Object.is equality");
    expect(judge('a case', failure, [one])).toBeNull();
    expect(judge('a case', null, [])).toBeNull();
    expect(judge('a case', failure, [])).toBe(failure);
    expect(judge('a case', null, [one])?.message).toMatch(/insync-at-once is no more/);
    expect(judge('a case', new Error('HTTP 500'), [one])?.message).toMatch(/fails otherwise .*HTTP 500$/);
  });
});
