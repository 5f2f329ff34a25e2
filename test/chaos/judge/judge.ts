// What has to hold when the faults are over.
import { expect } from 'vitest';
import { checkLinearizable } from '../../../node/src/sim/checks/linearizability.ts';
import {
  withoutTracelessWrites,
  type HistoryEntry,
} from '../../../node/src/sim/checks/key-history.ts';
import { KEY_MODEL } from '../../../node/src/sim/checks/key-model.ts';
import type { KeyStore } from '../../../node/src/sim/checks/model/key-store.ts';
import { latin1FromBytes } from '../../../node/src/base/index.ts';
import { PREFIX, type Load } from '../load/load.ts';
import type { LoggedEvent } from '../load/watch-load.ts';
import type { Tape } from '../record/tape.ts';
import { play, type MemberEnd } from './play.ts';

const CHECK_TIMEOUT_MS = 30_000;

/** Judges a cluster that has ended. */
export function judge(tape: Tape, load: Load, ends: readonly MemberEnd[]): void {
  tape.freeze();
  const { violations, log } = play(tape, ends);
  expect(violations).toEqual([]);
  const events = eventsOf(log.model.store);
  expect(load.watched).toEqual(events);
  expectLinearizable(load.history, events);
  for (const { final } of ends) expect(final.hash).toBe(ends[0]?.final.hash);
}

/** All changes below PREFIX, as a watch from the first revision tells them. */
function eventsOf(store: KeyStore): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  for (let revision = 2; revision <= store.revision; revision++) {
    for (const { key, kv, isDelete } of store.changes(revision)) {
      if (!key.startsWith(PREFIX)) continue;
      events.push({ revision, key, value: isDelete ? undefined : latin1FromBytes(kv.value) });
    }
  }
  return events;
}

function expectLinearizable(
  history: readonly HistoryEntry[],
  events: readonly LoggedEvent[],
): void {
  const seen = new Set(events.map((event) => event.value));
  const unclaimed = keysOfUnclaimedDeletes(history, events);
  const decided = withoutTracelessWrites(history, ({ key, operation }) =>
    'value' in operation ? seen.has(operation.value) : unclaimed.has(key),
  );
  const byKey = Map.groupBy(decided, (entry) => entry.key);
  for (const [key, entries] of byKey) {
    const verdict = checkLinearizable(KEY_MODEL, entries, performance.now() + CHECK_TIMEOUT_MS);
    expect({ key, verdict }).toEqual({ key, verdict: 'linearizable' });
  }
}

/** Keys with a deletion in the log that was nobody's who had an answer. */
function keysOfUnclaimedDeletes(
  history: readonly HistoryEntry[],
  events: readonly LoggedEvent[],
): Set<string> {
  const claimed = new Set(
    history.flatMap(({ result, revision }) => (result?.kind === 'delete' ? [revision] : [])),
  );
  const deletes = events.filter((event) => event.value === undefined);
  return new Set(deletes.filter((event) => !claimed.has(event.revision)).map(({ key }) => key));
}
