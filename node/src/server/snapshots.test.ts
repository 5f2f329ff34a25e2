import { beforeEach, describe, expect, test } from 'vitest';
import { SILENT_LOGGER, utf8FromText, type World } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { MemoryDisk } from '../base/testing/memory-disk.ts';
import { MemoryStorage } from '../raft/index.ts';
import { Backend, SnapshotFiles, type Wal } from '../storage/index.ts';
import { ConfState, Message, MessageType, Snapshot } from '../wire/gen/raft.ts';
import { buildConfig } from './config.ts';
import { ConsistentIndex } from './consistent-index.ts';
import { dataPaths } from './paths.ts';
import { Snapshots, type SnapshotParts } from './snapshots.ts';
import type { StateMachine } from './state-machine.ts';

const SNAPSHOT_COUNT = 1000;
const CATCH_UP = 200;
const LOG_LENGTH = 5000;
const KEY = utf8FromText('key');
const VOTERS = ConfState.create({ voters: [1n, 2n] });

const paths = dataPaths({ dataDir: '/data', walDir: '' });
const config = buildConfig(
  new Map([
    ['data-dir', '/data'],
    ['snapshot-count', String(SNAPSHOT_COUNT)],
    ['snapshot-catchup-entries', String(CATCH_UP)],
  ]),
);

const settle = async () => {
  for (let i = 0; i < 500; i++) await Promise.resolve();
};

let clock: FakeClock;
let disk: MemoryDisk;
let world: World;
let happened: string[];
let sent: Parameters<SnapshotParts['send']>[0][];

beforeEach(async () => {
  clock = new FakeClock();
  disk = new MemoryDisk();
  world = { clock, disk, random: { uint32: () => 4, bytes: (length) => new Uint8Array(length) } };
  happened = [];
  sent = [];
  await disk.makeFolder(paths.snapDir);
});

/** A database at `path` that says it holds all entries up to `index`. */
async function newBackend(path: string, index: number, value: string): Promise<Backend> {
  const backend = await Backend.open(world, path, { logger: SILENT_LOGGER });
  backend.createBucket('meta');
  backend.createBucket('key');
  const position = new ConsistentIndex();
  position.set(index, 3);
  position.confState = VOTERS;
  position.write(backend.bucket('meta'));
  backend.bucket('key').put(KEY, utf8FromText(value));
  return backend;
}

async function setUp(parts: Partial<SnapshotParts> = {}) {
  const raftStorage = new MemoryStorage();
  raftStorage.append(
    Array.from({ length: LOG_LENGTH }, (_, i) => ({
      type: 0,
      term: 3,
      index: i + 1,
      data: new Uint8Array(0),
    })),
  );
  const state = {
    backend: await newBackend(paths.database, 40, 'mine'),
    appliedIndex: 0,
    appliedTerm: 3,
    store: { stopCompaction: async () => void happened.push('stopped compaction') },
    restore: async (backend: Backend, index: number, term: number) => {
      // Whoever reads while the new database is read in reads the old one.
      expect(state.backend.bucket('key').get(KEY)).toEqual(utf8FromText('mine'));
      happened.push(`restored ${index} of term ${term}`);
      Object.assign(state, { backend, appliedIndex: index, appliedTerm: term });
    },
  };
  const files = new SnapshotFiles(disk, paths.snapDir, SILENT_LOGGER);
  const snapshots = new Snapshots(
    {
      config,
      paths,
      world,
      logger: SILENT_LOGGER,
      localId: 1n,
      raftStorage,
      wal: { releaseTo: async (index: number) => void happened.push(`released ${index}`) } as Wal, // all that is used
      saveRecord: async ({ index, term }) => void happened.push(`record ${index} of term ${term}`),
      files,
      state: state as unknown as StateMachine, // all that is used
      confState: () => VOTERS,
      openBackend: () => Backend.open(world, paths.database, { logger: SILENT_LOGGER }),
      send: async (snapshot) => void sent.push(snapshot),
      reportFailure: (to) => happened.push(`failed to reach ${to}`),
      onFatal: (error) => happened.push(`fatal ${String(error)}`),
      ...parts,
    },
    0,
  );
  const apply = async (index: number) => {
    state.appliedIndex = index;
    snapshots.afterApply();
    await settle();
  };
  return { snapshots, raftStorage, state, files, apply };
}

describe('the log in memory', () => {
  const large = (index: number) => ({ type: 0, term: 3, index, data: new Uint8Array(1024 * 1024) });

  const alone = { confState: () => ConfState.create({ voters: [1n] }) };

  test('is cut when its entries are large, and more so where no other member could want them', async () => {
    for (const [parts, kept] of [
      [alone, 4],
      [{}, 32],
    ] as const) {
      const { raftStorage, apply } = await setUp(parts);
      for (let i = 1; i <= 100; i++) raftStorage.append([large(LOG_LENGTH + i)]);
      await apply(LOG_LENGTH + 100);
      expect(raftStorage.lastIndex()).toBe(LOG_LENGTH + 100);
      expect(raftStorage.firstIndex()).toBe(LOG_LENGTH + 101 - kept);
    }
  });

  test('keeps what is not applied yet, whatever its size', async () => {
    const { raftStorage, apply } = await setUp(alone);
    for (let i = 1; i <= 20; i++) raftStorage.append([large(LOG_LENGTH + i)]);
    await apply(LOG_LENGTH - 1);
    expect(raftStorage.firstIndex()).toBe(LOG_LENGTH);
  });
});

describe('a snapshot of this member', () => {
  test('is taken when more than the snapshot count was applied since the last', async () => {
    const { apply, files } = await setUp();
    await apply(SNAPSHOT_COUNT);
    expect(happened).toEqual([]);
    await apply(SNAPSHOT_COUNT + 1);
    expect(happened).toEqual(['record 1001 of term 3', 'released 1001']);
    const file = await files.load([{ index: 1001, term: 3 }]);
    expect(file?.metadata).toEqual({ confState: VOTERS, index: 1001, term: 3 });
    await apply(2 * SNAPSHOT_COUNT + 1);
    expect(happened).toHaveLength(2);
    await apply(2 * SNAPSHOT_COUNT + 2);
    expect(happened.slice(2)).toEqual(['record 2002 of term 3', 'released 2002']);
  });

  test('is taken once at a time, with the database on the disk before the record', async () => {
    const commits: (() => void)[] = [];
    const { apply, state } = await setUp();
    state.backend.commitNow = () => new Promise((resolve) => void commits.push(resolve));
    await apply(1100);
    await apply(2500);
    expect(commits).toHaveLength(1);
    expect(happened).toEqual([]);
    commits[0]!();
    await settle();
    expect(happened).toEqual(['record 1100 of term 3', 'released 1100']);
  });

  test('is waited for before backend and log are closed', async () => {
    const commits: (() => void)[] = [];
    const { apply, snapshots, state } = await setUp();
    state.backend.commitNow = () => new Promise((resolve) => void commits.push(resolve));
    await apply(1100);
    void snapshots.idle().then(() => happened.push('idle'));
    await settle();
    expect(happened).toEqual([]);
    commits[0]!();
    await settle();
    expect(happened.at(-1)).toBe('idle');
  });

  test('that fails is fatal', async () => {
    const { apply } = await setUp({ saveRecord: () => Promise.reject(new Error('disk')) });
    await apply(SNAPSHOT_COUNT + 1);
    expect(happened).toEqual(['fatal Error: disk']);
  });
});

describe('the log in memory', () => {
  test('is cut to the catch-up entries, a hundred at a time', async () => {
    const { apply, raftStorage } = await setUp();
    await apply(CATCH_UP + 100);
    expect(raftStorage.firstIndex()).toBe(1);
    await apply(CATCH_UP + 101);
    expect(raftStorage.firstIndex()).toBe(102);
    // Who is behind what is left gets a snapshot, which raft has to have.
    expect(raftStorage.snapshot()?.metadata).toMatchObject({ index: 301, confState: VOTERS });
  });

  test('is kept while a snapshot is under way, and half a minute longer', async () => {
    const { apply, raftStorage, snapshots } = await setUp();
    snapshots.send(Message.create({ type: MessageType.MsgSnap, to: 2n }));
    await settle();
    expect(sent).toHaveLength(1);
    await apply(900);
    await clock.run(29_999);
    await apply(901);
    expect(raftStorage.firstIndex()).toBe(1);
    await clock.run(1);
    await apply(902);
    expect(raftStorage.firstIndex()).toBe(703);
  });
});

describe('a snapshot for another member', () => {
  const message = Message.create({ type: MessageType.MsgSnap, from: 1n, to: 2n, term: 3 });

  test('says what its copy holds, not what was applied since', async () => {
    const chunks: Uint8Array[] = [];
    const { snapshots, state } = await setUp({
      confState: () => ConfState.create({ voters: [1n, 2n, 3n] }),
      send: async (snapshot) => {
        sent.push(snapshot);
        for await (const chunk of snapshot.database) chunks.push(chunk);
      },
    });
    state.appliedIndex = 77;
    snapshots.send(message);
    await settle();
    const { snapshot, to, term } = sent[0]!.message;
    expect({ to, term }).toEqual({ to: 2n, term: 3 });
    expect(snapshot?.metadata).toEqual({ confState: VOTERS, index: 40, term: 3 });
    expect(Buffer.concat(chunks)).toHaveLength(sent[0]!.sizeBytes);
    expect(state.backend.openReads).toBe(0);
  });

  test('gives its copy back and is reported when it is not even begun', async () => {
    const { snapshots, state } = await setUp({
      send: async ({ database }) => {
        await database[Symbol.asyncIterator]().return?.();
        throw new Error('unreachable');
      },
    });
    snapshots.send(message);
    await settle();
    expect(happened).toEqual(['failed to reach 2']);
    expect(state.backend.openReads).toBe(0);
  });
});

test('a snapshot of the leader takes the place of the database', async () => {
  const { snapshots, state, files, apply } = await setUp();
  const theirs = await newBackend('/theirs', 4000, 'theirs');
  const copy = await theirs.snapshot();
  await files.saveDatabase(4000, copy.read());
  copy.close();
  await theirs.close();
  const mine = state.backend;

  const metadata = { confState: VOTERS, index: 4000, term: 5 };
  await snapshots.install(Snapshot.create({ metadata }));
  const steps = ['stopped compaction', 'restored 4000 of term 5', 'released 4000'];
  expect(happened).toEqual(steps);
  expect(state.backend).not.toBe(mine);
  await expect(mine.defragment()).rejects.toMatchObject({ code: 'Stopped' });
  expect(state.backend.bucket('key').get(KEY)).toEqual(utf8FromText('theirs'));
  expect(await disk.exists(files.databasePath(4000))).toBe(false);
  // The next one of its own counts from there.
  await apply(4000 + SNAPSHOT_COUNT);
  expect(happened).toEqual(steps);
});
