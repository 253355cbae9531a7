import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { policiesOf } from './generate.ts';
import { toAskFor } from './limits.ts';
import { outpostCommand, SOURCE_MAPS } from './names.ts';
import { controllerResources, outpostRegions } from './stack.ts';
import { repack } from './zips.ts';

interface PackagedFunction {
  readonly package?: { readonly artifact?: string };
}

interface Serverless {
  readonly serviceDir: string;
  /** What was asked for: `package`, `deploy` or another command. */
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: {
    readonly provider: { readonly region: string; readonly stage: string };
    readonly functions: Readonly<Record<string, PackagedFunction>>;
  };
}

interface Tools {
  readonly log: { notice(text: string): void };
}

/** The plugin that serverless.yml names. The framework makes one with `new`, hence a class, and takes the file's default export. */
export default class EvenkeelPlugin {
  readonly hooks: Readonly<Record<string, () => void | Promise<void>>>;

  constructor(serverless: Serverless, _options: unknown, { log }: Tools) {
    // Named before serverless-esbuild, this plugin comes between its zips and the framework's reading of them.
    const repackAll = async (): Promise<void> => {
      for (const { package: packaged } of Object.values(serverless.service.functions)) {
        if (packaged?.artifact !== undefined)
          await repack(join(serverless.serviceDir, packaged.artifact), join(serverless.serviceDir, SOURCE_MAPS));
      }
    };
    const provider = () => serverless.service.provider;
    const policies = () => policiesOf(join(serverless.serviceDir, 'policies'));
    const sayOutposts = async (): Promise<void> => {
      const { region: home, stage } = provider();
      for (const region of outpostRegions(await policies(), home)) {
        log.notice(`Some services are in ${region}. Their alarms have a stack of their own there; deploy it too:`);
        log.notice(`  ${outpostCommand(stage, region, home)}`);
      }
    };
    this.hooks = {
      // serverless-esbuild keeps old files there, and a policy that was deleted would still be shipped.
      initialize: () => rmSync(join(serverless.serviceDir, '.esbuild'), { recursive: true, force: true }),
      'after:package:createDeploymentArtifacts': repackAll,
      'after:deploy:function:packageFunction': repackAll,
      'after:package:finalize': async () => {
        const request = toAskFor(controllerResources(await policies(), provider()));
        if (request !== null) log.notice(request);
        // `deploy` packages too: there it would scroll away before the upload, and be said although the deployment failed.
        if (serverless.processedInput.commands.join(' ') === 'package') await sayOutposts();
      },
      'after:deploy:deploy': sayOutposts,
    };
  }
}
