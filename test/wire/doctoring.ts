/** Asking doctor about the healthy lab of moto, and breaking it with boto3 for a test. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, onTestFinished } from 'vitest';
import { evenkeel } from '../cli/capture.ts';
import { buildHealthyLab, type HealthyLab } from './healthy-lab.ts';
import { HOME } from './lab.ts';
import { type Wire, wire } from './wire.ts';

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

export interface Found {
  readonly code: string;
  readonly severity: string;
  readonly services: readonly string[];
  readonly key: string;
  readonly found: string;
  readonly expected: string;
  readonly wayOut: string;
}

export type Call = [operation: string, args: Record<string, unknown>];

/** Operations that change something. */
export const WRITES =
  /^(Set|Update|Modify|Register|Deregister|Change|Put|Delete|Create|Publish|BatchWrite|Transact|Suspend|Terminate)/;

/** What a healthy lab has to be told of as well: moto counts no subscription as confirmed, and its records are no aliases. */
export const ALWAYS = ['NO_ALIAS', 'NOBODY_LISTENS'];

/** `severity CODE key` of everything else. */
export const news = (findings: readonly Found[]): string[] =>
  findings.filter(({ code }) => !ALWAYS.includes(code)).map(({ severity, code, key }) => `${severity} ${code} ${key}`);

/** A policy file of its own. */
export function policyFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'evenkeel-wire-')), 'policy.yml');
  writeFileSync(file, text);
  return file;
}

/** The command as a process of its own. */
export function asProcess(argv: readonly string[], env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...argv], { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** A healthy lab for all tests of a file. */
export function doctoring() {
  const here: Wire = wire();
  let lab: HealthyLab;
  beforeAll(async () => {
    lab = await buildHealthyLab(here.moto);
  });
  const boto = (service: string, region: string, ...[operation, args]: Call) =>
    here.moto.boto(service, region, operation, args);
  return {
    here,
    boto,
    get lab() {
      return lab;
    },
    /** What doctor says of the lab, with these options. */
    async doctor(...args: string[]) {
      const { code, out, err } = await evenkeel(['doctor', lab.file, '--json', ...args]);
      if (out === '') throw new Error(err);
      const { findings, fixes } = JSON.parse(out) as {
        findings: Found[];
        fixes: { result: string; message: string }[];
      };
      return { code, findings, fixes };
    },
    /** Breaks something until the end of the test. */
    async broken(service: string, region: string, change: Call, back: Call): Promise<void> {
      await boto(service, region, ...change);
      onTestFinished(async () => void (await boto(service, region, ...back)));
    },
    /** The target group at home as boto3 sees it. */
    async targetGroup() {
      const arns = { TargetGroupArns: [lab.primaryTargetGroup] };
      return (await boto('elbv2', HOME, 'describe_target_groups', arns)).TargetGroups[0];
    },
  };
}
