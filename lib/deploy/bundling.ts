/** How esbuild bundles the functions, beyond its options in serverless.yml. */
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** An SDK client imports all of its package.json, to say its version to AWS: nothing else of it is bundled. */
const versionAlone: Plugin = {
  name: 'version-alone',
  setup(build) {
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, ({ path }) => {
      const { version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

const plugins: readonly Plugin[] = [versionAlone];

// serverless-esbuild requires this module and takes what it gets: Node answers such a call with the export of this name.
// https://nodejs.org/api/modules.html#loading-ecmascript-modules-using-require
export { plugins as 'module.exports' };
