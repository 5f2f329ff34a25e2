// Installed by helm, from the chart in this repository.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oracle, repositoryFolder } from '../../conformance/lib/paths.ts';
import { run } from '../../conformance/lib/process.ts';
import type { Config, Installation } from './installation.ts';
import type { Kubectl } from './kubectl.ts';
import { RELEASE } from './kit.ts';

const CHART = join(repositoryFolder, 'helm/binnacle');

export function chart(kubectl: Kubectl, folder: string): Installation {
  const helm = async (...args: string[]): Promise<void> => {
    const outcome = await run(oracle('helm'), ['--namespace', kubectl.namespace, ...args]);
    if (outcome.code !== 0) throw new Error(`helm ${args.join(' ')}: ${outcome.stderr}`);
  };
  return {
    name: 'chart',
    async apply(config: Config) {
      // The release's name is the cluster's, and what concerns one machine is not the chart's.
      const { name: _, local: __, ...values } = config;
      const file = join(folder, 'values.json');
      writeFileSync(file, JSON.stringify(values, null, 2));
      await helm('upgrade', '--install', RELEASE, CHART, '--values', file);
    },
    remove: () => helm('uninstall', RELEASE),
  };
}
