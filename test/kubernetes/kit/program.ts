// Installed by the Pulumi program: its objects, in its order, applied by infra/engine.
import type { Config, Installation } from './installation.ts';
import type { Kubectl } from './kubectl.ts';

export function program(_kubectl: Kubectl, _folder: string): Installation {
  return {
    name: 'program',
    apply(_config: Config): Promise<void> {
      return Promise.reject(new Error('infra/engine is not there yet'));
    },
    remove: () => Promise.resolve(),
  };
}
