// A process that runs scenarios with a mutant in the sources; the first task says which.
import { install } from './hook.ts';
import { mutantNamed } from './catalog.ts';
import type { MutantTask } from './search.ts';

process.once('message', (task: MutantTask) => {
  if (task.mutant !== undefined) install(mutantNamed(task.mutant));
  // Not before: it imports the sources. It answers every message, this one too.
  void import('../cli/child.ts').then(() => process.emit('message', task, undefined));
});
