import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { run } from '../../lib/cli/run.ts';
import { evenkeel } from './capture.ts';

const COMMANDS = ['validate', 'drill', 'backtest', 'explain', 'reasons', 'schema', 'readme', 'trace'];

describe('usage', () => {
  it('without a command prints the help, and says that this is not how it is used', async () => {
    const { code, out, err } = await evenkeel([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    for (const command of COMMANDS) expect(err).toContain(`  ${command}`);
  });

  it.each(['--help', '-h', 'help'])('prints the help with %s', async (asked) => {
    const { code, out, err } = await evenkeel([asked]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Exit codes: 0 pass, 1 fail, 2 the command cannot be run as given.');
  });

  it.each(COMMANDS)('teaches %s by examples', async (command) => {
    const { code, out } = await evenkeel(['help', command]);
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toMatch(new RegExp(`\\$ .*evenkeel ${command}`));
  });

  it('prints the version of the package', async () => {
    expect(await evenkeel(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  });

  it.each([
    { argv: ['valdate'], says: "unknown command 'valdate'\n(Did you mean validate?)" },
    { argv: ['validate', '--jsn'], says: "unknown option '--jsn'\n(Did you mean --json?)" },
    { argv: ['help', 'dril'], says: "error: unknown command 'dril'\n(Did you mean drill?)\n(add --help" },
    { argv: ['help', 'nope'], says: "error: unknown command 'nope'\n(add --help" },
    { argv: ['explain'], says: "missing required argument 'file'" },
    { argv: ['schema', 'too', 'much'], says: 'too many arguments' },
  ])('ends with 2 and a way out: $argv', async ({ argv, says }) => {
    const { code, out, err } = await evenkeel(argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
  });

  it('reports what should not happen without a stack, and with one when asked', async () => {
    const gone = (): Readable => new Readable({ read: () => undefined });
    const stderr = new PassThrough();
    const broken = new PassThrough();
    broken.write = () => {
      throw new Error('the disk is full');
    };
    const io = { stdin: gone(), stdout: broken, stderr, env: {} };
    expect(await run(['schema'], io)).toBe(1);
    const brief = String(stderr.read());
    expect(brief).toContain('error: this should not happen: the disk is full\n');
    expect(brief).toContain('npm run -s evenkeel -- --debug schema shows where it came from.\n');
    expect(brief).not.toContain('    at ');
    expect(await run(['--debug', 'schema'], io)).toBe(1);
    expect(String(stderr.read())).toContain('    at ');
  });

  it('writes no colours where there is no terminal', async () => {
    const { out } = await evenkeel(['help', 'validate']);
    expect(out).not.toContain('\u001b[');
  });
});
