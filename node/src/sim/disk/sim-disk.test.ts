import { expect, test } from 'vitest';
import { SimRandom } from '../world/random.ts';
import { DiskWorld } from './testing/disk-world.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array): string => new TextDecoder().decode(content);
const PAGE = 4096;

async function withFile(world: DiskWorld, path: string, content: Uint8Array): Promise<void> {
  world.disk.setContent(path, content);
  await Promise.resolve();
}

test('operations take simulated time, syncs more than writes, and come to the trace in one line each', async () => {
  const world = new DiskWorld();
  world.rates = { latencyMs: 1, syncLatencyMs: 10, slowOneIn: 0, slowMs: 0 };
  const disk = world.mount();
  const file = await world.finish(disk.open('f', 'create'));
  const before = world.scheduler.nowMs;
  await world.finish(file.writeAt(bytes('abc'), 0));
  const written = world.scheduler.nowMs;
  await world.finish(file.datasync());
  expect(written - before).toBeGreaterThanOrEqual(0.5);
  expect(written - before).toBeLessThan(1.5);
  expect(world.scheduler.nowMs - written).toBeGreaterThanOrEqual(5);
  expect(world.trace.events.map((event) => event.text)).toEqual([
    'create f 0',
    'write f 3',
    'datasync f 0',
  ]);
  expect(world.disk.counters).toEqual({
    operations: 3,
    changes: 3,
    syncs: 1,
    writtenBytes: 3,
    readBytes: 0,
  });
});

test('once in a while an operation is slow', async () => {
  const world = new DiskWorld();
  world.rates = { latencyMs: 1, syncLatencyMs: 1, slowOneIn: 10, slowMs: 500 };
  const file = await world.finish(world.mount().open('f', 'create'));
  let slow = 0;
  for (let i = 0; i < 200; i++) {
    const before = world.scheduler.nowMs;
    await world.finish(file.writeAt(bytes('x'), i));
    if (world.scheduler.nowMs - before > 400) slow++;
  }
  expect(slow).toBeGreaterThan(5);
  expect(slow).toBeLessThan(60);
});

test('reads that do not wait see what is written, at once and without an event', async () => {
  const world = new DiskWorld();
  const disk = world.mount();
  const file = await world.finish(disk.open('f', 'create'));
  await world.finish(file.writevAt([bytes('ab'), bytes('cd')], 5000));
  const { handled } = world.scheduler;
  const target = new Uint8Array(10);
  expect(file.readAt(target, 4998)).toBe(6);
  expect(text(target.subarray(2, 6))).toBe('abcd');
  expect(file.size()).toBe(5004);
  expect(world.scheduler.handled).toBe(handled);
  expect(await world.finish(file.readAtAsync(target, 5002))).toBe(2);
});

test('errors have the codes of POSIX', async () => {
  const world = new DiskWorld();
  const disk = world.mount();
  const code = async (work: Promise<unknown>): Promise<unknown> =>
    world.finish(work).then(
      () => undefined,
      (error: unknown) => (error as { code?: string }).code,
    );
  expect(await code(disk.open('f', 'read'))).toBe('ENOENT');
  expect(await code(disk.list('no'))).toBe('ENOENT');
  await world.finish(disk.makeFolder('a/b'));
  expect(await code(disk.open('a/b', 'create'))).toBe('EISDIR');
  expect(await code(disk.remove('a/b'))).toBe('EISDIR');
  expect(await code(disk.rename('none', 'b'))).toBe('ENOENT');
  const file = await world.finish(disk.open('a/f', 'create'));
  expect(await code((await world.finish(disk.open('a/f', 'read'))).writeAt(bytes('x'), 0))).toBe(
    'EBADF',
  );
  await file.close();
  expect(await code(file.writeAt(bytes('x'), 0))).toBe('EBADF');
  await world.finish(disk.removeFolder('a'));
  await world.finish(disk.removeFolder('a'));
  expect(world.disk.paths()).toEqual([]);
});

test('a lock is free again when its process has ended', async () => {
  const world = new DiskWorld();
  const first = world.disk.mount();
  await world.finish(first.disk.lock('lock'));
  const second = world.disk.mount();
  await expect(world.finish(second.disk.lock('lock'))).rejects.toMatchObject({ code: 'EAGAIN' });
  first.end();
  const held = await world.finish(second.disk.lock('lock'));
  await held.release();
  await world.finish(second.disk.lock('lock'));
});

test('after the end of its process nothing settles and nothing is written; the page cache stays after a kill', async () => {
  const world = new DiskWorld();
  const { disk, end } = world.disk.mount();
  const file = await world.finish(disk.open('f', 'create'));
  await world.finish(file.writeAt(bytes('kept'), 0));
  end();
  expect(await world.outcome(file.writeAt(bytes('lost'), 0))).toBe('pending');
  expect(await world.outcome(disk.exists('f'))).toBe('pending');
  expect(await world.outcome(file.close())).toBe('pending');
  world.disk.killed();
  expect(text(world.disk.contentOf('f'))).toBe('kept');
  world.disk.powerFailed();
  const names = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const other = new DiskWorld(seed);
    const made = await other.finish(other.mount().open('f', 'create'));
    await other.finish(made.datasync());
    other.disk.powerFailed();
    names.add(other.disk.paths().join());
  }
  expect([...names].sort()).toEqual(['', 'f']); // synced content under a name that was not
});

test('what was on its way when the process ended has happened, has not, or has in part', async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const world = new DiskWorld(seed);
    await withFile(world, 'f', new Uint8Array(3 * PAGE));
    const mount = world.disk.mount();
    const file = await world.finish(mount.disk.open('f', 'readWrite'));
    void file.writeAt(new Uint8Array(3 * PAGE).fill(7), 0);
    world.disk.killed();
    const content = world.disk.contentOf('f');
    seen.add([0, 1, 2].map((page) => content[page * PAGE]).join());
    expect(new Set(content.subarray(0, PAGE)).size).toBe(1);
  }
  expect([...seen].sort()).toEqual(['0,0,0', '7,0,0', '7,7,0', '7,7,7']);
});

test('a power failure takes unsynced sectors and leaves synced ones', async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 80; seed++) {
    const world = new DiskWorld(seed);
    await withFile(world, 'f', new Uint8Array(1024).fill(1));
    const file = await world.finish(world.mount().open('f', 'readWrite'));
    await world.finish(file.writeAt(new Uint8Array(1024).fill(2), 0));
    await world.finish(file.datasync());
    await world.finish(file.writeAt(new Uint8Array(1024).fill(3), 0));
    world.disk.powerFailed();
    const content = world.disk.contentOf('f');
    for (const sector of [content.subarray(0, 512), content.subarray(512)])
      expect(new Set(sector).size).toBe(1);
    seen.add(`${content[0]},${content[512]}`);
  }
  expect([...seen].sort()).toEqual(['2,2', '2,3', '3,2', '3,3']);
});

test('a sector that survives brings along what was written into it before', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const world = new DiskWorld(seed);
    await withFile(world, 'f', new Uint8Array(512));
    const file = await world.finish(world.mount().open('f', 'readWrite'));
    await world.finish(file.writeAt(new Uint8Array(100).fill(1), 0));
    await world.finish(file.writeAt(new Uint8Array(100).fill(2), 100));
    world.disk.powerFailed();
    const content = world.disk.contentOf('f');
    if (content[100] === 2) expect(content[0]).toBe(1);
  }
});

test('a crash is exact: at the n-th change, before, half-way or after it, and again during recovery', async () => {
  for (const [moment, expected] of [
    ['before', 'aa__'],
    ['after', 'aabb'],
  ] as const) {
    const world = new DiskWorld();
    await withFile(world, 'f', bytes('____'));
    const file = await world.finish(world.mount().open('f', 'readWrite'));
    let crashes = 0;
    const crashed = (): void => {
      crashes++;
      world.disk.killed();
    };
    world.disk.crashAt(3, crashed, moment);
    await world.finish(file.writeAt(bytes('aa'), 0));
    await world.finish(file.datasync());
    expect(await world.outcome(file.writeAt(bytes('bb'), 2))).toBe('pending');
    expect(crashes).toBe(1);
    expect(text(world.disk.contentOf('f'))).toBe(expected);
    const again = world.mount();
    world.disk.crashAt(1, crashed, 'before');
    expect(await world.outcome(again.remove('f'))).toBe('pending');
    expect(crashes).toBe(2);
    expect(world.disk.paths()).toEqual(['f']);
    await world.finish(world.mount().remove('f'));
  }
});

test('a write that a crash interrupts ends between two pages', async () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const world = new DiskWorld(seed);
    const file = await world.finish(world.mount().open('f', 'create'));
    world.disk.crashAt(1, () => world.disk.killed(), 'halfway');
    await world.outcome(file.writeAt(new Uint8Array(3 * PAGE).fill(1), 100));
    seen.add(world.disk.contentOf('f').length);
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([PAGE, 2 * PAGE, 3 * PAGE]);
});

test('a failed fsync is reported once; pages stay dirty, are dropped though reads see them, or are reverted', async () => {
  const outcomes = new Map<string, number>();
  for (let seed = 0; seed < 60; seed++) {
    const world = new DiskWorld(seed);
    await withFile(world, 'f', bytes('old'));
    const file = await world.finish(world.mount().open('f', 'readWrite'));
    await world.finish(file.writeAt(bytes('new'), 0));
    world.disk.failNext('datasync', 'EIO');
    await expect(world.finish(file.datasync())).rejects.toMatchObject({ code: 'EIO' });
    await world.finish(file.datasync());
    world.disk.killed();
    const cached = text(world.disk.contentOf('f'));
    world.disk.powerFailed();
    const outcome = `${cached},${text(world.disk.contentOf('f'))}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect([...outcomes.keys()].sort()).toEqual(['new,new', 'new,old', 'old,old']);
  for (const count of outcomes.values()) expect(count).toBeGreaterThan(8);
});

test('what a failed fsync dropped comes to the disk when its page is written again', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = new DiskWorld(seed);
    await withFile(world, 'f', new Uint8Array(PAGE));
    const file = await world.finish(world.mount().open('f', 'readWrite'));
    await world.finish(file.writeAt(bytes('first'), 0));
    world.disk.failNext('datasync', 'EIO');
    await expect(world.finish(file.datasync())).rejects.toThrow('EIO');
    const wasCached = text(world.disk.contentOf('f').subarray(0, 5)) === 'first';
    await world.finish(file.writeAt(bytes('second'), 1000));
    await world.finish(file.datasync());
    world.disk.powerFailed();
    const content = world.disk.contentOf('f');
    expect(text(content.subarray(1000, 1006))).toBe('second');
    expect(text(content.subarray(0, 5)) === 'first').toBe(wasCached);
  }
});

test('a failed write may have written whole pages', async () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const world = new DiskWorld(seed);
    const file = await world.finish(world.mount().open('f', 'create'));
    world.disk.failNext('write', 'EIO');
    const data = new Uint8Array(3 * PAGE).fill(1);
    await expect(world.finish(file.writeAt(data, 0))).rejects.toMatchObject({ code: 'EIO' });
    seen.add(file.size());
    await world.finish(file.writeAt(data, 0));
    expect(file.size()).toBe(3 * PAGE);
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([PAGE, 2 * PAGE]);
});

test('a full disk refuses new pages and takes writes to those it has; room comes back', async () => {
  const world = new DiskWorld();
  const disk = world.mount();
  const file = await world.finish(disk.open('f', 'create'));
  await world.finish(file.writeAt(new Uint8Array(2 * PAGE), 0));
  expect(world.disk.usedBytes).toBe(2 * PAGE);
  world.disk.setCapacity(3 * PAGE);
  await world.finish(file.truncate(20 * PAGE)); // a hole
  expect(world.disk.usedBytes).toBe(2 * PAGE);
  await world.finish(file.writeAt(bytes('x'), 0));
  const large = new Uint8Array(2 * PAGE).fill(1);
  await expect(world.finish(file.writeAt(large, 2 * PAGE))).rejects.toMatchObject({
    code: 'ENOSPC',
  });
  expect(world.disk.usedBytes).toBe(3 * PAGE);
  await expect(world.finish(file.writeAt(bytes('x'), 10 * PAGE))).rejects.toThrow('ENOSPC');
  await world.finish(disk.open('empty', 'create'));
  world.disk.setCapacity(undefined);
  await world.finish(file.writeAt(bytes('x'), 10 * PAGE));
});

test('a stalled disk holds back what is under way and what is new', async () => {
  const world = new DiskWorld();
  const file = await world.finish(world.mount().open('f', 'create'));
  const first = file.writeAt(bytes('a'), 0);
  world.disk.stall(world.scheduler.nowMs + 5000);
  const stalledAt = world.scheduler.nowMs;
  await world.finish(Promise.all([first, file.writeAt(bytes('b'), 1)]));
  expect(world.scheduler.nowMs - stalledAt).toBeGreaterThanOrEqual(5000);
  expect(text(world.disk.contentOf('f'))).toBe('ab');
});

test('an image is the disk of that moment, again and again, with its unsynced part', async () => {
  const world = new DiskWorld();
  const disk = world.mount();
  const file = await world.finish(disk.open('f', 'create'));
  await world.finish(file.writeAt(bytes('old'), 0));
  const image = world.disk.image();
  await world.finish(file.writeAt(bytes('new'), 0));
  await world.finish(file.datasync());
  await world.finish(disk.syncFolder(''));
  const outcomes = new Set<string>();
  for (let i = 0; i < 40; i++) {
    world.disk.restore(image);
    expect(text(world.disk.contentOf('f'))).toBe('old');
    world.disk.powerFailed();
    outcomes.add(world.disk.paths().length === 0 ? 'none' : text(world.disk.contentOf('f')));
  }
  expect(outcomes).toContain('none');
  expect(outcomes).toContain('old');
  expect(outcomes).not.toContain('new');
  expect(await world.outcome(file.writeAt(bytes('zzz'), 0))).toBe('pending');
  world.disk.wipe();
  expect(world.disk.paths()).toEqual([]);
});

test('what moves between folders is never in neither of them', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const world = new DiskWorld(seed);
    world.disk.setContent('from/f', bytes('x'));
    world.disk.setContent('to/other', bytes('y'));
    const disk = world.mount();
    await world.finish(disk.rename('from/f', 'to/f'));
    if (seed % 2 === 0) await world.finish(disk.syncFolder('from'));
    world.disk.restore(world.disk.image());
    world.disk.powerFailed();
    expect(world.disk.paths().filter((path) => path.endsWith('/f'))).not.toEqual([]);
  }
});

test('the same seed gives the same run, to the byte and to the microsecond', async () => {
  const run = async (seed: number): Promise<string> => {
    const world = new DiskWorld(seed);
    const disk = world.mount();
    const choices = new SimRandom(seed);
    const file = await world.finish(disk.open('f', 'create'));
    const under = Array.from({ length: 30 }, () =>
      file.writeAt(choices.bytes(choices.between(1, 9000)), choices.below(50_000)),
    );
    await world.finish(Promise.all([...under, file.datasync(), disk.syncFolder('')]));
    world.disk.crashAt(choices.between(1, 9), () => world.disk.powerFailed());
    void Promise.all(
      Array.from({ length: 9 }, () => file.writeAt(choices.bytes(5000), choices.below(50_000))),
    );
    await world.scheduler.run(world.scheduler.nowMs + 1000);
    const content = world.disk
      .contentOf('f')
      .reduce((sum, byte) => (sum * 31 + byte) % 1_000_007, 0);
    return `${content} ${world.trace.hash()}`;
  };
  expect(await run(5)).toBe(await run(5));
  expect(await run(5)).not.toBe(await run(6));
});
