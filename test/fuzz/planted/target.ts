// The target for the planted bugs: run by path, by the engine's test only.
import type { Target } from '../engine/target.ts';
import { parsePlanted } from './parser.ts';

export const target: Target = {
  name: 'planted',
  run: (input) => void parsePlanted(input),
  seeds: () => [],
  maxBytes: 64,
};
