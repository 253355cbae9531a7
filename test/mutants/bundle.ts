/** The thread that plays seeds, as one file, with a bug in it. The work tree is only read. */
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Mutant, plant } from './mutant.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKER = join(ROOT, 'lib/cli/simulate-worker.ts');

export interface Workshop {
  /**
   * Bundles the thread with this bug, or without any, and returns the file.
   * @throws Error when the bug's place is not there, or its file is no part of the simulation.
   */
  make(mutant: Mutant | null): Promise<string>;
  remove(): Promise<void>;
}

/** A folder outside of the work tree; its bundles find the packages of the work tree. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-mutants-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return {
    async make(mutant) {
      const outfile = join(folder, `${mutant?.name ?? 'unmutated'}.mjs`);
      let planted = mutant === null;
      await build({
        ...{ entryPoints: [WORKER], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' },
        logLevel: 'silent',
        plugins: [
          {
            name: 'mutant',
            setup({ onLoad }) {
              if (mutant === null) return;
              const path = join(ROOT, mutant.file);
              onLoad({ filter: /\.ts$/ }, async (args) => {
                if (args.path !== path) return undefined;
                planted = true;
                return { contents: plant(mutant, await readFile(path, 'utf8')), loader: 'ts' };
              });
            },
          },
        ],
      });
      if (!planted) throw new Error(`mutant ${mutant?.name}: no simulation runs ${mutant?.file}`);
      return outfile;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
