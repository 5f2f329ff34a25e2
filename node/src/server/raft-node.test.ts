import { beforeEach, describe, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { MemoryDisk } from '../base/testing/memory-disk.ts';
import { MemoryStorage, RawNode } from '../raft/index.ts';
import { Wal } from '../storage/index.ts';
import { ConfState, Snapshot, type Entry } from '../wire/gen/raft.ts';
import type { Bootstrapped } from './bootstrap.ts';
import type { ServerConfig } from './config.ts';
import { DurableLog, RaftClock, tick } from './raft-node.ts';

const START = { index: 0, term: 0 };

describe('the durable log', () => {
  let disk: MemoryDisk;
  let wal: Wal;
  let raftStorage: MemoryStorage;
  let log: DurableLog;

  const entry = (index: number): Entry => ({ type: 0, term: 1, index, data: new Uint8Array(0) });
  const committed = (commit: number) => ({ term: 1, vote: 1n, commit });
  const written = () => Wal.read(disk, '/wal', START, SILENT_LOGGER);

  beforeEach(async () => {
    disk = new MemoryDisk();
    wal = await Wal.create(disk, '/wal', new Uint8Array(0), {
      logger: SILENT_LOGGER,
      segmentBytes: 64 * 1024,
    });
    raftStorage = new MemoryStorage();
    log = new DurableLog({ wal, raftStorage } as Bootstrapped); // all that is used
    await log.save(committed(0), [entry(1), entry(2)], true);
  });

  test('keeps a commit index back until something else is written', async () => {
    await log.save(committed(1), [], false);
    await log.save(committed(2), [], false);
    expect((await written()).hardState.commit).toBe(0);
    await log.save(undefined, [entry(3)], true);
    const state = await written();
    expect(state.hardState).toMatchObject(committed(2));
    expect(state.entries.map((one) => one.index)).toEqual([1, 2, 3]);
  });

  test('writes a vote at once, and nothing older behind it', async () => {
    await log.save(committed(1), [], false);
    await log.save({ term: 2, vote: 3n, commit: 1 }, [], true);
    await log.save(undefined, [entry(3)], true);
    expect((await written()).hardState).toMatchObject({ term: 2, vote: 3n, commit: 1 });
  });

  test('writes the commit index that a snapshot needs before its record', async () => {
    await log.save(committed(2), [], false);
    await log.saveRecord({ index: 2, term: 1, confState: ConfState.create({ voters: [1n] }) });
    const valid = await Wal.validSnapshots(disk, '/wal', SILENT_LOGGER);
    expect(valid.map((one) => one.index)).toEqual([0, 2]);
  });

  test('writes what was kept back when the member stops, once', async () => {
    await log.save(committed(2), [], false);
    await log.flush();
    expect((await written()).hardState.commit).toBe(2);
    await log.save({ term: 2, vote: 1n, commit: 2 }, [], true);
    await log.flush();
    expect((await written()).hardState.term).toBe(2);
  });

  test("hands entries and snapshots to raft's memory", () => {
    log.append([entry(1), entry(2)]);
    expect(raftStorage.lastIndex()).toBe(2);
    const metadata = { confState: undefined, index: 9, term: 2 };
    log.applySnapshot(Snapshot.create({ metadata }));
    expect([raftStorage.firstIndex(), raftStorage.lastIndex()]).toEqual([10, 9]);
  });
});

describe("raft's clock", () => {
  /** A clock that stands still and then fires late, as after SIGSTOP. */
  class HeldUpClock extends FakeClock {
    offsetMs = 0;
    override monotonicMs(): number {
      return super.monotonicMs() + this.offsetMs;
    }
  }

  function setUp() {
    const clock = new HeldUpClock();
    const told = { ticks: 0 };
    const raftClock = new RaftClock(clock, 100, () => told.ticks++);
    raftClock.start();
    return { clock, raftClock, told };
  }

  test('ticks once an interval until it is stopped', () => {
    const { clock, raftClock, told } = setUp();
    clock.advance(1000);
    expect(told.ticks).toBe(11);
    expect(raftClock.wasPaused).toBe(false);
    raftClock.stop();
    clock.advance(1000);
    expect(told.ticks).toBe(11);
    expect(clock.pendingTimers).toBe(0);
  });

  test('ticks once for all it missed, and remembers the pause until that is dealt with', () => {
    const { clock, raftClock, told } = setUp();
    clock.offsetMs = 60_000;
    clock.advance(100);
    expect(told.ticks).toBe(2);
    clock.advance(500);
    expect(raftClock.wasPaused).toBe(true);
    raftClock.forgetPause();
    expect(raftClock.wasPaused).toBe(false);
  });

  test('notices a pause before its next tick, and takes three heartbeats for none', () => {
    const { clock, raftClock } = setUp();
    clock.offsetMs = 300;
    expect(raftClock.wasPaused).toBe(false);
    clock.offsetMs = 301;
    expect(raftClock.wasPaused).toBe(true);
  });
});

describe('a tick', () => {
  const config = (initialElectionTickAdvance: boolean) =>
    ({ initialElectionTickAdvance }) as ServerConfig; // all that is used

  function nodeOf(voters: bigint[], applied: number): RawNode {
    const confState = ConfState.create({ voters });
    const entries = [1, 2].map((index) => ({ type: 0, term: 1, index, data: new Uint8Array(0) }));
    return new RawNode({
      id: 1n,
      electionTicks: 10,
      heartbeatTicks: 1,
      storage: MemoryStorage.from({
        snapshot: Snapshot.create({ metadata: { confState, index: 0, term: 0 } }),
        hardState: { term: 1, vote: 1n, commit: 2 },
        entries,
      }),
      applied,
      maxSizePerMessage: 1024,
      maxCommittedSizePerReady: 1024,
      maxUncommittedEntriesSize: 0,
      maxInflightMessages: 16,
      maxInflightBytes: 0,
      checkQuorum: true,
      preVote: true,
      random: { uint32: () => 0 },
      logger: SILENT_LOGGER,
      readOnlyOption: 'safe',
    });
  }

  test('lets a sole voter campaign that has applied what is committed', () => {
    const node = nodeOf([1n], 2);
    tick(node, config(true));
    expect(node.raft.role).not.toBe('follower');
  });

  test('lets others wait, and one that still applies, and one that is told to', () => {
    const waiting: [RawNode, boolean][] = [
      [nodeOf([1n, 2n], 2), true],
      [nodeOf([2n], 2), true],
      [nodeOf([1n], 1), true],
      [nodeOf([1n], 2), false],
    ];
    for (const [node, advances] of waiting) {
      tick(node, config(advances));
      expect(node.raft.role).toBe('follower');
    }
  });
});
