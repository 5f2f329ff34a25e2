// Installed by the Pulumi program: its objects, in its order, registered and applied by infra/engine.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from '../../conformance/lib/paths.ts';
import { run } from '../../conformance/lib/process.ts';
import type { Config, Installation } from './installation.ts';
import type { Kubectl } from './kubectl.ts';
import { RELEASE } from './kit.ts';

const ENGINE = join(repositoryFolder, 'infra/engine/run.ts');

/** @param folder where the configuration and the state of the deployment are kept from one change to the next */
export function program(kubectl: Kubectl, folder: string): Installation {
  const state = ['--state', join(folder, 'state.json')];
  const engine = async (...args: string[]): Promise<void> => {
    const { code, stdout, stderr } = await run(process.execPath, [ENGINE, ...args, ...state], {
      cwd: repositoryFolder,
      timeoutMs: 120_000,
    });
    if (code !== 0) throw new Error(`infra/engine ${args[0]}: ${stderr}${stdout}`);
  };
  return {
    name: 'program',
    async apply(config: Config) {
      const file = join(folder, 'stack.yaml');
      const { local: _, ...keys } = config;
      // JSON is YAML, too.
      writeFileSync(
        file,
        JSON.stringify({ name: RELEASE, namespace: kubectl.namespace, ...keys }, null, 2),
      );
      await engine('apply', '--config', file);
    },
    remove: () => engine('delete'),
  };
}
