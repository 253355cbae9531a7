import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { policiesOf } from './generate.ts';
import { toAskFor } from './limits.ts';
import { SOURCE_MAPS } from './names.ts';
import { controllerResources, outpostRegions } from './stack.ts';
import { repack } from './zips.ts';

interface PackagedFunction {
  readonly package?: { readonly artifact?: string };
}

interface Serverless {
  readonly serviceDir: string;
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
    const repackAll = (): void => {
      for (const { package: packaged } of Object.values(serverless.service.functions)) {
        if (packaged?.artifact !== undefined)
          repack(join(serverless.serviceDir, packaged.artifact), join(serverless.serviceDir, SOURCE_MAPS));
      }
    };
    this.hooks = {
      // serverless-esbuild keeps old files there, and a policy that was deleted would still be shipped.
      initialize: () => rmSync(join(serverless.serviceDir, '.esbuild'), { recursive: true, force: true }),
      'after:package:createDeploymentArtifacts': repackAll,
      'after:deploy:function:packageFunction': repackAll,
      'after:package:finalize': async () => {
        const { region: home, stage } = serverless.service.provider;
        const policies = await policiesOf(join(serverless.serviceDir, 'policies'));
        const request = toAskFor(controllerResources(policies, { stage, region: home }));
        if (request !== null) log.notice(request);
        for (const region of outpostRegions(policies, home)) {
          const where = `--stage ${stage} --region ${region} --param controllerRegion=${home}`;
          log.notice(`Some services are in ${region}. Their alarms have a stack of their own there; deploy it too:`);
          log.notice(`  npx serverless deploy --config serverless.outpost.yml ${where}`);
        }
      },
    };
  }
}
