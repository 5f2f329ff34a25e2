// What has to hold when the faults are over.
import { expect } from 'vitest';
import { latin1FromBytes } from '../../../node/src/base/index.ts';
import type { KeyStore } from '../../../node/src/sim/checks/model/key-store.ts';
import { PREFIX, type Load } from '../load/load.ts';
import type { LoggedEvent } from '../load/watch-load.ts';
import type { Tape } from '../record/tape.ts';
import { play, type MemberEnd } from './play.ts';

/** Judges a cluster that has ended. */
export function judge(tape: Tape, load: Load, ends: readonly MemberEnd[]): void {
  tape.freeze();
  const { violations, log, undecidedKeys } = play(tape, ends);
  console.log(
    `${tape.events.length} events and ${log.entries.length} entries judged, ${undecidedKeys} keys undecided`,
  );
  expect(violations).toEqual([]);
  expect(load.watched).toEqual(eventsOf(log.model.store));
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
