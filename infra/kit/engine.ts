// What brings a plan about.
import type { KubernetesObject } from '../objects/index.ts';
import type { Settings } from './settings.ts';
import type { Kubectl } from './kubectl.ts';
import type { Preview } from './live.ts';
import type { Step } from './plan.ts';

export interface Deployment {
  readonly settings: Settings;
  readonly settingsPath: string;
  readonly stack: string;
  readonly kubectl: Kubectl;
  readonly wanted: readonly KubernetesObject[];
  readonly steps: readonly Step[];
  /** Prints a line of progress. */
  readonly say: (line: string) => void;
}

export interface Engine {
  /** Undefined when it can work; else what is missing and how to get it. */
  missing(): string | undefined;
  /** What applying would make of objects; undefined: the kit tells it from the objects alone. */
  preview?(kubectl: Kubectl): Preview;
  up(deployment: Deployment): Promise<void>;
  down(deployment: Deployment): Promise<void>;
}
