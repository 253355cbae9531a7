import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadPolicies, loadPolicy } from '../../lib/policy/load.ts';
import type { Problem } from '../../lib/policy/problem.ts';
import { readPolicyFiles } from '../../lib/policy/read.ts';

const FOLDER = fileURLToPath(new URL('broken/', import.meta.url));

/** Every broken file with all of its errors: `line:column CODE message`. */
const BROKEN: Readonly<Record<string, readonly string[]>> = {
  'alias-to-wrong-value.yml': [
    '2:15 BAD_FORMAT region: found "seoul"; expected the code of an AWS region, like ap-northeast-2',
    '2:15 BAD_FORMAT failover.primary.region: found "seoul"; expected the code of an AWS region, like ap-northeast-2',
  ],
  'arn-of-another-region.yml': [
    "4:16 ARN_REGION health.targetGroup: found the ARN of a target group in eu-west-1; expected one in ap-northeast-2, the site's region",
  ],
  'bad-indentation.yml': [
    '4:16 INVALID_YAML found a key: value inside a value; expected a line of its own for each key, as far in as its neighbours (look at the next line too)',
  ],
  'bad-probe.yml': [
    '6:93 BAD_FORMAT failover.primary.probe: found "seoul.example.com/health"; expected a whole URL that begins with https:// or http://',
  ],
  'bad-region.yml': ['2:9 BAD_FORMAT region: found "seoul"; expected the code of an AWS region, like ap-northeast-2'],
  'bad-service-name.yml': [
    '1:10 BAD_FORMAT service: found "Web_Shop"; expected a name of up to 40 lowercase letters, digits and dashes, a letter first, no dash last',
  ],
  'bad-zone.yml': [
    '4:17 BAD_FORMAT failover.hostedZoneId: found "/hostedzone/Z0123456789ABCDEFGHIJ"; expected the id of a hosted zone: capital letters and digits, without /hostedzone/',
  ],
  'band-of-zero.yml': [
    '10:29 OUT_OF_RANGE scaling.signals[0].steps[0].add: found 0; expected a whole number from 1 to 1000 (instances)',
  ],
  'beyond-whole-numbers.yml': [
    '3:58 OUT_OF_RANGE fleet.capacity.max: found 100000000000000000; expected a whole number from 1 to 10000 (instances)',
    '6:18 OUT_OF_RANGE scaling.warmupSeconds: found 1e+30; expected a whole number from 1 to 3600 (seconds)',
    '7:24 OUT_OF_RANGE scaling.scaleOut.maxStep: found 1e+30; expected a whole number from 1 to 1000 (instances)',
  ],
  'bom-crlf.yml': ['4:1 TAB_INDENT found a tab as indentation; expected blanks, YAML allows no other'],
  'bom.yml': [
    '1:10 BAD_FORMAT service: found "Web"; expected a name of up to 40 lowercase letters, digits and dashes, a letter first, no dash last',
  ],
  'circular-alias.yml': ['4:16 CIRCULAR_ALIAS found *h inside its own anchor; expected no circle'],
  'comments-only.yml': [
    '1:1 EMPTY_FILE found nothing but blanks and comments; expected a policy, beginning with service:',
  ],
  'crlf.yml': [
    '5:29 OUT_OF_RANGE health.check.intervalSeconds: found 0; expected a whole number from 1 to 300 (seconds)',
  ],
  'duplicate-key.yml': ['5:1 DUPLICATE_KEY region: found a second time, first in line 2; expected it once'],
  'empty-value.yml': [
    '2:1 WRONG_TYPE region: found nothing; expected the code of an AWS region, like ap-northeast-2. Fill it in, or leave the key out if it has a default',
  ],
  'empty.yml': ['1:1 EMPTY_FILE found nothing but blanks and comments; expected a policy, beginning with service:'],
  'fifo-topic.yml': [
    '5:21 BAD_FORMAT notify.topicArn: found "arn:aws:sns:ap-northeast-1:111122223333:on-call.fifo"; expected the ARN of a standard SNS topic, like arn:aws:sns:ap-northeast-1:111122223333:on-call (not FIFO)',
  ],
  'half-second.yml': [
    '5:29 WRONG_TYPE health.check.intervalSeconds: found 5.5; expected a whole number from 1 to 300 (seconds)',
  ],
  'infinity.yml': ['9:15 WRONG_TYPE scaling.signals[0].target: found .inf; expected a number'],
  'latin-1.yml': ['3:4 NOT_UTF8 found bytes that are not UTF-8; expected UTF-8: save the file as such'],
  'list-as-key.yml': ['5:3 BAD_KEY found a key that is empty, a list, a map or an alias; expected a plain word'],
  'list.yml': [
    '1:1 WRONG_TYPE policy: found a list; expected a map of keys (service, mode, region, fleet, scaling, health, failover, notify)',
  ],
  'matcher-number.yml': [
    '5:21 WRONG_TYPE health.check.matcher: found 200; expected HTTP codes in quotes: "200", "200,204" or "200-299"',
  ],
  'merge-key.yml': [
    '5:1 MISSING_KEY failover.hostedZoneId: missing; expected the id of a hosted zone: capital letters and digits, without /hostedzone/',
    '5:1 MISSING_KEY failover.primary: missing; expected a map of keys (setIdentifier, region, targetGroup, probe)',
    '5:1 MISSING_KEY failover.secondary: missing; expected a map of keys (setIdentifier, region, targetGroup, probe, autoScalingGroup, minReadyPercent)',
    '6:3 UNKNOWN_KEY failover.<<: unknown key; merge keys are not read: write the keys out, or give the whole map as an alias',
  ],
  'min-above-max.yml': ['5:20 MIN_ABOVE_MAX fleet.capacity.min: found 3; expected at most max, which is 2'],
  'missing-key.yml': [
    '3:1 MISSING_KEY fleet.autoScalingGroup: missing; expected the name of an Auto Scaling group, 1 to 255 printable characters without colon and blank (not its ARN)',
  ],
  'missing-service.yml': [
    '1:1 MISSING_KEY service: missing; expected a name of up to 40 lowercase letters, digits and dashes, a letter first, no dash last',
  ],
  'mixed-band.yml': [
    '11:11 WRONG_TYPE scaling.signals[0].steps[1]: found a map (above, remove); expected a band: { above: number, add: instances } or { below: number, remove: instances }',
  ],
  'nan.yml': ['9:15 WRONG_TYPE scaling.signals[0].target: found .nan; expected a number'],
  'neither-target-nor-steps.yml': [
    '8:7 TARGET_OR_STEPS scaling.signals[0]: found neither target nor steps; expected exactly one of them',
  ],
  'nothing-to-do.yml': [
    '1:1 NOTHING_TO_DO policy: found none of scaling, health and failover; expected at least one, or it does nothing',
  ],
  'nothing-to-forecast.yml': [
    '10:3 NOTHING_TO_FORECAST scaling.forecast: found no signal that can be forecast; expected one with a target and a period of at most 300 s',
  ],
  'number-in-quotes.yml': [
    '9:15 WRONG_TYPE scaling.signals[0].target: found "80"; expected a number. Write it without quotes',
  ],
  'number-with-unit.yml': [
    `10:18 WRONG_TYPE scaling.warmupSeconds: found "120s"; expected a whole number from 1 to 3600 (seconds). Write the number alone: the unit is in the key's name`,
  ],
  'other-region.yml': [
    '6:44 PRIMARY_REGION failover.primary.region: found ap-northeast-2; expected eu-west-1, the region of the policy, where the primary is',
  ],
  'other-target-group.yml': [
    '8:73 PRIMARY_TARGET_GROUP failover.primary.targetGroup: found web-targets; expected other-targets, spelled as in health.targetGroup: one service has one target group',
  ],
  'percent-120.yml': [
    '8:32 OUT_OF_RANGE failover.trip.healthyPercentBelow: found 120; expected a whole number from 0 to 100 (percent)',
  ],
  'period-of-45.yml': [
    '11:56 OUT_OF_RANGE scaling.signals[0].metric.periodSeconds: found 45; expected a period that metrics and alarms share: 10, 20, 30 or a multiple of 60, up to 3600 seconds',
  ],
  'readmit-backwards.yml': [
    '5:28 MIN_ABOVE_MAX health.readmit.afterSeconds: found 600; expected at most maxSeconds, which is 300',
  ],
  'replace-without-fleet.yml': [
    '5:16 NEEDS_FLEET health.onUnhealthy: found replace without fleet; expected fleet, whose group replaces the instance, or deregister',
  ],
  'same-identifier.yml': [
    "7:31 SAME_SET_IDENTIFIER failover.secondary.setIdentifier: found seoul, which is also the primary's; expected another",
  ],
  'same-site.yml': [
    "7:75 SAME_SITE failover.secondary.targetGroup: found web-targets, which is also the primary's; expected another, or there is nowhere to go",
  ],
  'scaling-without-fleet.yml': [
    '3:1 NEEDS_FLEET scaling: found scaling without fleet; expected fleet, which says what to resize',
  ],
  'several-documents.yml': [
    '5:1 SEVERAL_DOCUMENTS found a second document after ---; expected one policy per file: move it to a file of its own',
  ],
  'several-problems.yml': [
    '1:10 BAD_FORMAT service: found "Web"; expected a name of up to 40 lowercase letters, digits and dashes, a letter first, no dash last',
    '4:3 UNKNOWN_KEY health.targetGrup: unknown key; did you mean targetGroup? expected one of targetGroup, check, rounds, onUnhealthy, limits, readmit',
    '5:24 OUT_OF_RANGE health.rounds.unhealthy: found 0; expected a whole number from 1 to 60 (rounds)',
  ],
  'signal-twice.yml': [
    '10:13 DUPLICATE_SIGNAL scaling.signals[1].name: found "cpu" again, as in signals[0]; expected a name of its own',
  ],
  'standby-is-the-fleet.yml': [
    "10:110 SAME_SITE failover.secondary.autoScalingGroup: found web-group, which is also the fleet; expected the standby's own group",
  ],
  'too-many-datapoints.yml': [
    '11:36 TOO_MANY_DATAPOINTS scaling.scaleIn.stabilizationSeconds: found 7200, in which the signals have 2880 datapoints; expected at most 2400 of them: a shorter time, longer periods or fewer signals',
  ],
  'tab.yml': ['4:1 TAB_INDENT found a tab as indentation; expected blanks, YAML allows no other'],
  'tag.yml': ['2:9 UNKNOWN_TAG Unresolved tag: !region; expected plain values without tags'],
  'target-and-steps.yml': [
    '10:7 TARGET_OR_STEPS scaling.signals[0].steps: found both target and steps; expected exactly one of them',
  ],
  'timeout-too-long.yml': [
    '5:48 TIMEOUT_NOT_BELOW_INTERVAL health.check.timeoutSeconds: found 5; expected less than intervalSeconds, which is 5',
  ],
  'true-as-name.yml': [
    '1:10 WRONG_TYPE service: found true; expected a name of up to 40 lowercase letters, digits and dashes, a letter first, no dash last',
  ],
  'two-colons.yml': [
    '3:9 INVALID_YAML found a key: value inside a value; expected a line of its own for each key, as far in as its neighbours (look at the next line too)',
  ],
  'unclosed-list.yml': ['5:1 INVALID_YAML found no closing ] for one opened further up; expected it before this line'],
  'unclosed-quote.yml': ['5:1 INVALID_YAML cannot be read as YAML: Missing closing "quote'],
  'unknown-alias.yml': ['4:16 UNKNOWN_ALIAS found *targets; expected an alias of an anchor (&targets) further up'],
  'unknown-key-far.yml': [
    '5:1 UNKNOWN_KEY autoscaler: unknown key; expected one of service, mode, region, fleet, scaling, health, failover, notify',
  ],
  'unknown-key.yml': [
    '5:12 UNKNOWN_KEY health.check.intervalSecond: unknown key; did you mean intervalSeconds? expected one of path, intervalSeconds, timeoutSeconds, healthyThreshold, unhealthyThreshold, matcher',
  ],
  'utf-16.yml': [
    '1:1 NOT_UTF8 found bytes that are not UTF-8 (this looks like UTF-16); expected UTF-8: save the file as such',
  ],
  'word.yml': [
    '1:1 WRONG_TYPE policy: found "service"; expected a map of keys (service, mode, region, fleet, scaling, health, failover, notify)',
  ],
  'wrong-type.yml': ['7:12 WRONG_TYPE scaling.signals: found 80; expected a list of signals'],
  'yes-is-text.yml': ['2:7 NOT_AN_OPTION mode: found "yes"; expected enforce or observe'],
};

/** The errors that reading and loading these files gives, without the file's name. */
async function errorsOf(...paths: string[]): Promise<string[]> {
  const { sources, problems } = await readPolicyFiles(paths);
  return errorsIn([...problems, ...loadPolicies(sources).problems]);
}

function errorsIn(problems: readonly Problem[]): string[] {
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
}

describe('a broken policy file is an error that says where, what was found and what was expected', () => {
  test.each(Object.entries(BROKEN))('%s', async (file, errors) => {
    expect(await errorsOf(join(FOLDER, file))).toEqual(errors);
  });

  test('every file in the folder is in the table', async () => {
    expect((await readdir(FOLDER)).sort()).toEqual(Object.keys(BROKEN).sort());
  });

  test('names the file as it was given', async () => {
    const file = join(FOLDER, 'percent-120.yml');
    const { sources } = await readPolicyFiles([file]);
    expect(loadPolicies(sources).problems.map((problem) => problem.file)).toEqual([file]);
  });
});

describe('line ends and a byte order mark move no position', () => {
  const texts = Object.keys(BROKEN)
    .filter((file) => !['latin-1.yml', 'utf-16.yml'].includes(file))
    .map(
      (file) =>
        [file, readFileSync(join(FOLDER, file), 'utf8').replace('\uFEFF', '').replaceAll('\r\n', '\n')] as const,
    );

  test.each(texts)('%s with CRLF', (file, text) => {
    expect(errorsIn(loadPolicy(file, text.replaceAll('\n', '\r\n')).problems)).toEqual(BROKEN[file]);
  });

  test.each(texts)('%s with a byte order mark', (file, text) => {
    expect(errorsIn(loadPolicy(file, `\uFEFF${text}`).problems)).toEqual(BROKEN[file]);
  });
});

describe('a text made to exhaust the reader is refused, and soon', () => {
  const refused = (text: string) => errorsIn(loadPolicy('x.yml', text).problems);

  test('10 MB', () => {
    expect(refused(`# ${'x'.repeat(10_000_000)}`)).toEqual([
      '1:1 TOO_LARGE found 10000002 bytes; expected a policy of at most 64000',
    ]);
  });

  test('15,000 different keys take no quadratic search for duplicates', { timeout: 10_000 }, () => {
    const keys = Array.from({ length: 15_000 }, (_, index) => index.toString(36));
    expect(refused(`{${keys.join(',')}}`)).toEqual([
      expect.stringMatching(
        /^1:\d+ TOO_MANY_VALUES found more than 10000 values; expected a policy, which has some fifty$/,
      ),
    ]);
  });

  test('anchors that explode', () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`,
    );
    expect(refused(`l0: &l0 lol\n${levels.join('\n')}\n`)).toEqual([
      '6:10 ALIASES_EXPLODE found aliases that expand to more than 10000 values; expected them written out',
    ]);
  });

  test('nesting without end', () => {
    expect(refused(`service: ${'['.repeat(60_000)}`)).toEqual([
      expect.stringMatching(/^1:\d+ TOO_DEEP found too many levels of nesting; expected at most 32$/),
    ]);
  });

  test('nesting that ends, but too deep', () => {
    expect(refused(`service: ${'['.repeat(40)}${']'.repeat(40)}`)).toEqual([
      '1:42 TOO_DEEP found too many levels of nesting; expected at most 32',
    ]);
  });
});
