// Copies a commit's content into an empty file, key by key in ascending order, and then what was written meanwhile.
import type { Clock } from '../../base/index.ts';
import type { Database, Write } from './database.ts';
import { bucketsOf } from './scan.ts';
import { forEachInSlices } from './slices.ts';
import type { BackendSnapshot } from './snapshot.ts';

/** A commit of the new file every so many pairs or bytes: it is serialised in one go. */
const COMMIT_PAIRS = 10_000;
const COMMIT_BYTES = 4 * 1024 * 1024;
/** So few writes left to carry over are carried over in one go. */
const SMALL_JOURNAL = 256;

/** @param takeJournal what was written since the last call; the journal began with the snapshot */
export async function defragmentInto(
  source: BackendSnapshot,
  target: Database,
  takeJournal: () => Write[],
  clock: Clock,
  isCanceled: () => boolean,
): Promise<void> {
  let pairs = 0;
  let bytes = 0;
  const between = async (): Promise<void> => {
    if (isCanceled()) throw new Error('defragmentation canceled: the backend is closing');
    if (pairs >= COMMIT_PAIRS || bytes >= COMMIT_BYTES) {
      pairs = bytes = 0;
      await target.commit();
    }
    await clock.yieldNow();
  };
  for (const { name, tree } of bucketsOf(source.store, source.meta)) {
    target.treeForWrite(name);
    const copy = (key: Uint8Array, value: Uint8Array): void => {
      target.append(name, key, value);
      pairs++;
      bytes += key.length + value.length;
    };
    await forEachInSlices(tree, clock, copy, between);
  }
  for (let journal = takeJournal(); ; journal = takeJournal()) {
    for (let i = 0; i < journal.length; i += SMALL_JOURNAL) {
      target.replay(journal.slice(i, i + SMALL_JOURNAL));
      pairs += SMALL_JOURNAL;
      await between();
    }
    if (journal.length <= SMALL_JOURNAL) break;
  }
  await target.commit();
}
