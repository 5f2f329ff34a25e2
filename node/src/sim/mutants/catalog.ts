// All mutants.
import { raftMutants } from './catalog/raft.ts';
import { serverMutants } from './catalog/server.ts';
import { storageMutants } from './catalog/storage.ts';
import { leaseMutants, watchMutants } from './catalog/watch.ts';
import type { Mutant } from './mutant.ts';

export const MUTANTS: readonly Mutant[] = [
  ...raftMutants,
  ...serverMutants,
  ...storageMutants,
  ...watchMutants,
  ...leaseMutants,
];
