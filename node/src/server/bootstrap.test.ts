// Starts on data that an earlier start has left unfinished, or that is not whole.
import { expect, test } from 'vitest';
import { SILENT_LOGGER, utf8FromText, type World } from '../base/index.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { MemoryDisk } from '../base/testing/memory-disk.ts';
import { Backend } from '../storage/index.ts';
import { Entry } from '../wire/gen/raft.ts';
import { bootstrap, type Bootstrapped } from './bootstrap.ts';
import { buildConfig } from './config.ts';
import { StateMachine } from './state-machine.ts';

const LOCAL = 'http://127.0.0.1:23901';
const DATABASE = '/data/member/snap/db';

const config = buildConfig(
  new Map(
    Object.entries({
      name: 'a',
      'data-dir': '/data',
      'initial-advertise-peer-urls': LOCAL,
      'initial-cluster': `a=${LOCAL}`,
    }),
  ),
);

const worldOn = (disk: MemoryDisk): World => ({
  disk,
  clock: new FakeClock(),
  random: { uint32: () => 4, bytes: (length) => new Uint8Array(length) },
});

function start(world: World): Promise<Bootstrapped> {
  return bootstrap({
    config,
    world,
    logger: SILENT_LOGGER,
    peerGet: () => Promise.reject(new Error('connection refused')),
    initialCluster: () => Promise.resolve(config.initialCluster),
    onFatal() {},
    onWalSync() {},
    walSegmentBytes: 16_384,
  });
}

test('a first start that ended between its database and its log is begun again', async () => {
  const disk = new MemoryDisk();
  // Where the log is made, the process dies: the operation never ends.
  disk.options = {
    before: (_operation, path) => (path.includes('wal') ? new Promise<void>(() => {}) : undefined),
  };
  void start(worldOn(disk));
  while (!(await disk.exists(DATABASE))) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  disk.options = {};
  expect(await disk.exists('/data/member/wal')).toBe(false);
  const { peers, wal } = await start(worldOn(disk));
  expect(peers).toHaveLength(1);
  expect(wal.holds('0000000000000000-0000000000000000.wal')).toBe(true);
});

test('a first start that ended before its first entries were in its log is begun again', async () => {
  for (const entries of [0, 1]) {
    const disk = new MemoryDisk();
    const first = await start(worldOn(disk));
    // A power failure may leave some of the founding entries; the hard state that belongs to them is behind them.
    const founding = Entry.create({ index: 1, term: 1, data: new Uint8Array(3) });
    if (entries > 0) await first.wal.save(undefined, [founding], true);
    await first.wal.close();
    await StateMachine.open(first.backend, {
      ...{ config, world: worldOn(disk), logger: SILENT_LOGGER },
      ...{ membership: first.membership, consistentIndex: first.consistentIndex },
    });
    await first.backend.close();
    const { peers, wal, raftStorage, localId } = await start(worldOn(disk));
    expect(peers.map((peer) => peer.id)).toEqual([localId]);
    expect(raftStorage.lastIndex()).toBe(0);
    await wal.save({ term: 1, vote: 0n, commit: 1 }, [founding], true);
    await wal.close();
    const again = await start(worldOn(disk));
    expect(again.peers).toEqual([]);
    expect(again.raftStorage.lastIndex()).toBe(1);
  }
});

test('a database that holds anything is not begun anew when its log is lost', async () => {
  const disk = new MemoryDisk();
  const world = worldOn(disk);
  await disk.makeFolder('/data/member/snap');
  const backend = await Backend.open(world, DATABASE, { logger: SILENT_LOGGER });
  backend.bucket('meta').put(utf8FromText('consistent_index'), new Uint8Array(8).fill(1));
  await backend.close();
  await expect(start(world)).rejects.toThrow(
    `${DATABASE} exists, but there is no write-ahead log in /data/member/wal: the data directory is not whole`,
  );
});
