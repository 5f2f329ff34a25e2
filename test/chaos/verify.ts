// What has to hold when the faults are over.
import { expect } from 'vitest';
import { utf8FromText } from '../../node/src/base/index.ts';
import type { Client } from '../../node/src/client/index.ts';
import { KVService, MaintenanceService } from '../../node/src/wire/gen/rpc.ts';
import { Caller } from '../integration/support/caller.ts';
import type { TestCluster } from '../integration/support/cluster.ts';
import { eventually } from '../integration/support/waiting.ts';
import { EventLog, type LoggedEvent } from './event-log.ts';
import {
  withoutTracelessWrites,
  type HistoryEntry,
  type VersionedValue,
} from '../../node/src/sim/checks/key-history.ts';
import { KEY_MODEL } from '../../node/src/sim/checks/key-model.ts';
import { checkLinearizable } from '../../node/src/sim/checks/linearizability.ts';
import { KEY_PREFIX } from './workload.ts';

/** Every watcher saw each event once and in order, and all members tell the same history. Returns that history. */
export async function expectSameEvents(
  cluster: TestCluster,
  watchers: readonly EventLog[],
): Promise<LoggedEvent[]> {
  const revision = await lastRevision(cluster);
  const fresh = cluster.members.map((member) => new EventLog(cluster, member));
  const logs = [...fresh, ...watchers];
  try {
    await Promise.all(logs.map((log) => log.until(revision)));
  } finally {
    await Promise.all(logs.map((log) => log.stop()));
  }
  const [reference] = logs;
  const events = reference?.events ?? [];
  events.forEach((event, index) => {
    expect(event.revision).toBeGreaterThan(events[index - 1]?.revision ?? 0);
  });
  for (const log of logs) expect(log.events).toEqual(events);
  return events;
}

/** The typed client's watch, which moved from member to member, told the same history. */
export async function expectWatched(
  watched: readonly LoggedEvent[],
  events: readonly LoggedEvent[],
): Promise<void> {
  await eventually('the last event', () => watched.length >= events.length);
  expect(watched).toEqual(events);
}

/** Follows the workload's keys from the first revision on, through whatever member there is. */
export function watchAll(client: Client): LoggedEvent[] {
  const seen: LoggedEvent[] = [];
  const options = { prefix: true, startRevision: 1 };
  client.watch(KEY_PREFIX, options, {
    events(response) {
      for (const { type, kv } of response.events) {
        const value = type === 'put' ? kv.text() : undefined;
        seen.push({ revision: kv.modRevision, key: kv.keyText(), value });
      }
    },
  });
  return seen;
}

/** A revision that no write comes behind. */
async function lastRevision(cluster: TestCluster): Promise<number> {
  const caller = new Caller(cluster.member(0).clientUrl, cluster.clientTls);
  try {
    const key = utf8FromText('chaos/last');
    const { header } = await caller.unary(KVService.put, { key, value: utf8FromText('last') });
    return header?.revision ?? 0;
  } finally {
    caller.close();
  }
}

/** Every acknowledged write is in the event log at the revision that its answer named. */
export function expectNoLostWrite(
  history: readonly HistoryEntry[],
  events: readonly LoggedEvent[],
): void {
  const byRevision = new Map(events.map((event) => [event.revision, event]));
  for (const { key, operation, result, revision } of history) {
    if (result === undefined || revision === undefined) continue;
    if (result.kind === 'put' || (result.kind === 'compareAndSwap' && result.succeeded)) {
      const value = 'value' in operation ? operation.value : undefined;
      expect(byRevision.get(revision)).toEqual({ revision, key, value });
    }
    if (result.kind === 'delete' && result.deleted > 0) {
      expect(byRevision.get(revision)).toEqual({ revision, key, value: undefined });
    }
  }
}

/** Every read saw the key as it was at the revision that its answer named. */
export function expectReadsAtTheirRevision(
  history: readonly HistoryEntry[],
  events: readonly LoggedEvent[],
): void {
  const reads = history
    .flatMap(({ key, result, revision }) =>
      result?.kind === 'get' ? [{ key, found: result.found, revision: revision ?? 0 }] : [],
    )
    .sort((a, b) => a.revision - b.revision);
  const state = new Map<string, VersionedValue>();
  let next = 0;
  for (const { key, found, revision } of reads) {
    for (let event = events[next]; event && event.revision <= revision; event = events[++next]) {
      if (event.value === undefined) state.delete(event.key);
      else {
        const version = (state.get(event.key)?.version ?? 0) + 1;
        state.set(event.key, { value: event.value, version });
      }
    }
    expect({ key, revision, found }).toEqual({ key, revision, found: state.get(key) });
  }
}

export function expectLinearizable(
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
    const verdict = checkLinearizable(KEY_MODEL, entries);
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

/** All members hold the same data. */
export async function expectSameHashes(cluster: TestCluster): Promise<void> {
  const revision = await lastRevision(cluster);
  const hashes = await Promise.all(
    cluster.members.map(async (member) => {
      const caller = new Caller(member.clientUrl, cluster.clientTls);
      try {
        return await eventually(`the hash of ${member.name}`, async () => {
          const answer = await caller.unary(MaintenanceService.hashKV, { revision });
          return { hash: answer.hash, compactRevision: answer.compactRevision };
        });
      } finally {
        caller.close();
      }
    }),
  );
  for (const hash of hashes) expect(hash).toEqual(hashes[0]);
}
