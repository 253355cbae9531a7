import { execFileSync, spawn } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unwritable, writePage, writeWhole } from '../../lib/cli/write-whole.ts';
import { sink } from './capture.ts';

const MODULE = new URL('../../lib/cli/write-whole.ts', import.meta.url).href;

let folder = '';
let file = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-whole-'));
  file = join(folder, 'page.html');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a file that is written as a whole', () => {
  it('takes the place of what was there, and leaves nothing beside it', async () => {
    await writeFile(file, 'old');
    await writeWhole(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['page.html']);
  });

  it('leaves nothing behind when it cannot take its place', async () => {
    await expect(writeWhole(folder, 'text')).rejects.toThrow(/EISDIR|EPERM|ENOTEMPTY|EEXIST/);
    await expect(writeWhole(join(folder, 'no', 'page.html'), 'text')).rejects.toThrow(/ENOENT/);
    expect(await readdir(folder)).toEqual([]);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('tells what went wrong first, not what cleaning up met', async () => {
    await writeFile(file, 'a file');
    await expect(writeWhole(join(file, 'page.html'), 'text')).rejects.toThrow(/^ENOTDIR: .*open/);
  });

  it.each([
    ['page.html', 'is there'],
    ['new.html', 'is not there yet'],
  ])('is written where links lead, to %s which %s, and the links stay', async (name) => {
    const links = join(folder, 'links');
    await mkdir(links);
    await writeFile(file, 'old');
    await symlink('../links/second', join(links, 'first'));
    await symlink(`../${name}`, join(links, 'second'));
    expect(await unwritable(join(links, 'first'))).toBeNull();
    await writeWhole(join(links, 'first'), 'new');
    expect(await readFile(join(folder, name), 'utf8')).toBe('new');
    for (const link of ['first', 'second']) expect((await lstat(join(links, link))).isSymbolicLink()).toBe(true);
    expect(await readdir(links)).toEqual(['first', 'second']);
  });

  it('takes the place of no pipe, nor of one behind a link', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await symlink('pipe', join(folder, 'link'));
    for (const path of [pipe, join(folder, 'link')]) {
      expect(await unwritable(path)).toBe(`${path} is a device, a pipe or a socket; expected a file`);
      await expect(writeWhole(path, 'text')).rejects.toThrow('it is a device, a pipe or a socket');
    }
    expect((await lstat(pipe)).isFIFO()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['link', 'pipe']);
  });

  it('is not written where links go round in circles', async () => {
    await symlink('b', join(folder, 'a'));
    await symlink('a', join(folder, 'b'));
    await expect(writeWhole(join(folder, 'a'), 'text')).rejects.toThrow(/^ELOOP/);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  });

  it('leaves the old file and nothing else when a person interrupts it, and ends as an interrupted process does', async () => {
    await writeFile(file, 'old');
    const script = `
      import { writeWhole } from '${MODULE}';
      const text = 'x'.repeat(300_000_000);
      const done = writeWhole('${file}', text);
      process.stdout.write('writing');
      await done;
      process.stdout.write('done');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      child.kill('SIGINT');
    });
    const signal = await new Promise((resolve) => child.on('close', (_code, by) => resolve(by)));
    expect({ out, signal }).toEqual({ out: 'writing', signal: 'SIGINT' });
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['page.html']);
  });
});

describe('a page', () => {
  const refuse = (message: string): never => {
    throw new Error(`refused: ${message}`);
  };

  it('is written, and said where', async () => {
    const { stream, text } = sink();
    await writePage(file, '<p>', stream, refuse);
    expect(await readFile(file, 'utf8')).toBe('<p>');
    expect(text()).toBe(`\npage written to ${file}\n`);
  });

  it('is refused, in words, where it cannot be written', async () => {
    const { stream, text } = sink();
    const nowhere = join(folder, 'no', 'page.html');
    await expect(writePage(nowhere, '<p>', stream, refuse)).rejects.toThrow(
      `refused: ${nowhere} cannot be written: ENOENT`,
    );
    expect(text()).toBe('');
  });
});

describe('a file that cannot be written', () => {
  it('is told before any work is done for it', async () => {
    expect(await unwritable(file)).toBeNull();
    expect(await unwritable(folder)).toBe(`${folder} is a folder; expected a file`);
    expect(await unwritable(join(folder, 'no', 'page.html'))).toMatch(/page\.html cannot be written: ENOENT/);
    await writeFile(file, 'a file');
    const within = join(file, 'page.html');
    expect(await unwritable(within)).toBe(`${within} cannot be written: ${file} is not a folder`);
    expect(await unwritable(join(folder, 'new/'))).toBe(`${join(folder, 'new/')} is a folder; expected a file`);
    expect(await unwritable('')).toBe('found an empty name; expected that of a file to write');
    const link = join(folder, 'link');
    await symlink('link', link);
    expect(await unwritable(link)).toMatch(/link cannot be written: ELOOP/);
    await rm(link);
    await symlink('no/page.html', link);
    expect(await unwritable(link)).toMatch(/link cannot be written: ENOENT/);
  });

  it('never takes the place of what the command reads, by whatever name or link', async () => {
    await writeFile(file, 'a trace');
    const link = join(folder, 'link');
    await symlink('page.html', link);
    const spelled = `${folder}/./page.html`;
    for (const [out, read] of [
      [file, file],
      [spelled, file],
      [link, file],
      [file, link],
    ] as const) {
      const says = `${out} would take the place of ${read}, which this command reads; expected another file`;
      expect(await unwritable(out, ['no.yml', read])).toBe(says);
    }
    expect(await unwritable(file, ['no.yml', join(folder, 'other.csv')])).toBeNull();
    expect(await unwritable(join(folder, 'new.html'), [file])).toBeNull();
  });
});
