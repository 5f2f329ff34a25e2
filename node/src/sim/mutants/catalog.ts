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

/** @throws Error when there is none of that name */
export function mutantNamed(name: string): Mutant {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
  return mutant;
}
