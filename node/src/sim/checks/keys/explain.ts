// Where a history without an explanation goes wrong, for the person who reads the report.
import { checkLinearizable, type Model } from '../linearizability.ts';
import { show } from '../text.ts';
import type { Guard, KeyEntry, KeyState, Step } from './key-object.ts';

/** The search is exponential in the worst case; what it does not decide by then is left undecided. */
export const MAX_STEPS = 200_000;

const SHOWN_ENTRIES = 8;

type KeyObject = Model<KeyState, KeyEntry>;

/** The last operations up to the one whose answer leaves the history without an explanation. */
export function explain(object: KeyObject, entries: readonly KeyEntry[]): string {
  const culprit = firstUnexplained(object, entries);
  const before = entries
    .filter((entry) => entry !== culprit && entry.calledMs <= culprit.returnedMs)
    .sort((a, b) => a.calledMs - b.calledMs)
    .slice(-SHOWN_ENTRIES);
  return [...before, culprit].map(textOfEntry).join('; ');
}

/** The answer with which the history stops to have an explanation. */
function firstUnexplained(object: KeyObject, entries: readonly KeyEntry[]): KeyEntry {
  const answers = entries
    .filter(({ returnedMs }) => returnedMs !== Infinity)
    .sort((a, b) => a.returnedMs - b.returnedMs);
  let low = 0;
  let high = answers.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const known = upTo(entries, answers[middle]!.returnedMs);
    if (checkLinearizable(object, known, MAX_STEPS) === 'notLinearizable') high = middle;
    else low = middle + 1;
  }
  return answers[low]!;
}

/** What was known at `atMs`. */
function upTo(entries: readonly KeyEntry[], atMs: number): KeyEntry[] {
  return entries
    .filter(({ calledMs }) => calledMs <= atMs)
    .map((entry) => (entry.returnedMs <= atMs ? entry : { ...entry, returnedMs: Infinity }));
}

function textOfEntry({ operation, calledMs, returnedMs, guards, steps }: KeyEntry): string {
  const who = operation === undefined ? 'expiry' : `operation ${operation}`;
  const when = `${calledMs.toFixed(1)} to ${returnedMs.toFixed(1)} ms`;
  return `${who} (${when}) ${[...guards.map(textOfGuard), ...steps.map(textOfStep)].join(', ')}`;
}

function textOfGuard({ conditions, held, isComplete }: Guard): string {
  return `${conditions.length} conditions${isComplete ? '' : ' and others'} ${held ? 'held' : 'failed'}`;
}

function textOfStep(step: Step): string {
  switch (step.kind) {
    case 'sees': {
      const { found } = step;
      if (found === undefined) return 'sees nothing';
      return `sees ${show(found.value)} version ${found.version} lease ${found.lease}`;
    }
    case 'exists':
      return step.exists ? 'finds it' : 'does not find it';
    case 'put':
      return `puts ${step.value === undefined ? 'the same value' : show(step.value)}`;
    case 'delete':
      return 'deletes it';
    case 'expire':
      return `lets it go with lease ${step.lease}`;
  }
}
