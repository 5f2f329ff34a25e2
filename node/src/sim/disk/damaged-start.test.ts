// A member started on files that have decayed: all that was acknowledged is there, or the start is refused by name.
import { expect, test } from 'vitest';
import { SimRandom } from '../world/random.ts';
import { CORRUPT_KINDS, type CorruptKind, type CorruptPlace } from './corruption.ts';
import type { DiskImage } from './sim-disk.ts';
import { Process } from './testing/crash-everywhere.ts';
import { DiskWorld } from './testing/disk-world.ts';
import { startLoneMember } from './testing/lone-member.ts';
import { MemberLife } from './testing/member-life.ts';

const SEEDS = 10;
const PAGE_BYTES = 4096;
const REFUSALS = ['WalCorruptError', 'WalMismatchError', 'BackendCorruptError', 'ConfigError'];
const MENDING = /restore a snapshot|add it again|Put the log back/;

interface Made {
  readonly world: DiskWorld;
  readonly life: MemberLife;
  readonly image: DiskImage;
}

/** A member's disk after a life of many segments, snapshots and commits; stopped, or killed between two commits. */
async function makeMember(how: 'stopped' | 'killed'): Promise<Made> {
  const world = new DiskWorld(3);
  const life = new MemberLife(new SimRandom(3), 30);
  const process = new Process(world);
  await world.finish(how === 'stopped' ? life.run(process.world) : life.live(process.world));
  process.end();
  return { world, life, image: world.disk.image() };
}

interface Damaged {
  readonly seed: number;
  readonly done: string;
  /** 'started' with everything, 'refused', or what is wrong. */
  readonly outcome: string;
}

async function damageAndStart(
  { world, life, image }: Made,
  where: CorruptPlace,
  kind: CorruptKind,
): Promise<Damaged[]> {
  const all: Damaged[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    world.disk.restore(image);
    const done = world.disk.corrupt(kind, where, new SimRandom(seed));
    if (done === undefined) continue;
    const process = new Process(world);
    const outcome = await world.outcome(life.fork().recover(process.world));
    process.end();
    all.push({ seed, done, outcome: outcome === 'pending' ? 'hangs' : named(outcome) });
  }
  // Only one page of a small file can't be taken for another one.
  if (where !== 'snap' || kind !== 'misdirectedPage') expect(all.length).toBeGreaterThan(SEEDS / 2);
  return all;
}

function named(outcome: object): string {
  if (!('error' in outcome)) return 'started';
  const { error } = outcome;
  if (!(error instanceof Error) || !REFUSALS.includes(error.name)) return String(error);
  const isHelpful = /\/data\/member\/(wal|snap)/.test(error.message) && MENDING.test(error.message);
  return isHelpful ? 'refused' : `refused without help: ${error.message}`;
}

const wrong = (damaged: readonly Damaged[]): Damaged[] =>
  damaged.filter(({ outcome }) => outcome !== 'started' && outcome !== 'refused');

test('whatever happens to the log of a stopped member, it starts with everything or is refused', async () => {
  const made = await makeMember('stopped');
  let refused = 0;
  for (const kind of CORRUPT_KINDS) {
    const damaged = await damageAndStart(made, 'wal', kind);
    expect(wrong(damaged)).toEqual([]);
    refused += damaged.filter(({ outcome }) => outcome === 'refused').length;
  }
  expect(refused).toBeGreaterThan(2 * SEEDS);
});

test("a killed member's log may lose its end without notice only by being cut there, and only what no commit has taken", async () => {
  const made = await makeMember('killed');
  for (const kind of CORRUPT_KINDS) {
    const damaged = wrong(await damageAndStart(made, 'wal', kind));
    if (kind !== 'truncated' && kind !== 'zeroedPage') {
      expect(damaged).toEqual([]);
      continue;
    }
    // A cut, and zeros in place of the last page that was written to, looks like the end of an interrupted write.
    // The member's peers know better; one alone does not.
    for (const { done, outcome } of damaged) {
      if (kind === 'zeroedPage') expect(isLastPage(made, done), done).toBe(true);
      expect(outcome).toMatch(/key \d+, acknowledged at revision \d+, is lost/);
    }
    expect(damaged.length).toBeLessThan(SEEDS / 2);
  }
});

/** Whether nothing but zeros lay behind the page that was zeroed: then the log ends before it as before an unwritten one. */
function isLastPage({ world, image }: Made, done: string): boolean {
  const [, page, path] = /page (\d+) of (\S+)/.exec(done) ?? [];
  world.disk.restore(image);
  const behind = world.disk.contentOf(`/${path}`).subarray((Number(page) + 1) * PAGE_BYTES);
  return behind.every((byte) => byte === 0);
}

test('what happens to the database is refused, or shows in the hash that members compare when it is inside of values', async () => {
  for (const how of ['stopped', 'killed'] as const) {
    const made = await makeMember(how);
    const sound = await hashOf(made);
    let unseen = 0;
    for (const kind of CORRUPT_KINDS) {
      const damaged = wrong(await damageAndStart(made, 'db', kind));
      for (const { seed, done, outcome } of damaged) {
        // bbolt keeps no checksums of pages, and none of the pages that a large value runs over has a header.
        expect(outcome, done).toMatch(/key \d+ has another value/);
        made.world.disk.restore(made.image);
        made.world.disk.corrupt(kind, 'db', new SimRandom(seed));
        const hash = await hashOf(made, sound.revision, false);
        expect(hash.hash, done).not.toBe(sound.hash);
        unseen++;
      }
      if (kind === 'lostDirectoryEntry' || kind === 'truncated') expect(damaged).toEqual([]);
    }
    expect(unseen).toBeGreaterThan(0);
  }
});

/** HashKV, which the corruption check asks all members for. */
async function hashOf(
  { world, image }: Made,
  revision = 0,
  isSound = true,
): Promise<{ hash: number; revision: number }> {
  if (isSound) world.disk.restore(image);
  const process = new Process(world);
  const { member } = await world.finish(startLoneMember(process.world));
  const hash = await world.finish(member.store.hashKv(revision));
  process.end();
  return hash;
}

test('damaged snapshot files change nothing: the log and the database are what counts', async () => {
  const made = await makeMember('stopped');
  for (const kind of CORRUPT_KINDS) {
    const damaged = await damageAndStart(made, 'snap', kind);
    expect(damaged.filter(({ outcome }) => outcome !== 'started')).toEqual([]);
  }
});
