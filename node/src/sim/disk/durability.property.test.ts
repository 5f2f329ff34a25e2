// What was synced is there after a power failure, whatever else happens; what is there was written.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DiskFile } from '../../base/index.ts';
import { DiskWorld } from './testing/disk-world.ts';

type Step =
  | { kind: 'write'; file: number; sector: number; sectors: number }
  | { kind: 'sync'; file: number; sector: number }
  | { kind: 'truncate'; file: number; sector: number }
  | { kind: 'syncFolder' }
  | { kind: 'restart' };

const file = fc.nat(2);
const sector = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      file,
      sector,
      sectors: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('sync' as const, 'truncate' as const),
      file,
      sector,
    }) as fc.Arbitrary<Step>, // both kinds have these fields
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ kind: 'syncFolder' }, { kind: 'restart' }),
  },
);

/** Of each sector of a file: the writes that it may show after a power failure, by their number; 0 for none. */
class Expected {
  isNamed = false;
  size = 0;
  readonly sectors: number[][] = [];
  durableSizes = new Set([0]);

  write(first: number, count: number, stamp: number): void {
    for (let i = first; i < first + count; i++) (this.sectors[i] ??= [0]).push(stamp);
    this.resized(Math.max(this.size, (first + count) * 512));
  }

  truncate(first: number): void {
    for (let i = first; i < this.sectors.length; i++) this.sectors[i]?.push(0);
    this.resized(first * 512);
  }

  sync(): void {
    for (const [i, versions] of this.sectors.entries())
      if (versions !== undefined) this.sectors[i] = versions.slice(-1);
    this.durableSizes = new Set([this.size]);
  }

  private resized(size: number): void {
    this.size = size;
    this.durableSizes.add(size);
  }
}

async function run(world: DiskWorld, steps: readonly Step[]): Promise<Expected[]> {
  const expected = [new Expected(), new Expected(), new Expected()];
  let files: DiskFile[] = [];
  const open = async (): Promise<void> => {
    const disk = world.mount();
    files = [];
    for (const [i] of expected.entries())
      files.push(await world.finish(disk.open(`f${i}`, 'create')));
  };
  await open();
  for (const [i, step] of steps.entries()) {
    const stamp = (i % 250) + 1;
    if (step.kind === 'syncFolder') {
      await world.finish(world.mount().syncFolder(''));
      for (const one of expected) one.isNamed = true;
    } else if (step.kind === 'restart') {
      world.disk.killed();
      await open();
    } else if (step.kind === 'write') {
      expected[step.file]!.write(step.sector, step.sectors, stamp);
      const content = new Uint8Array(step.sectors * 512).fill(stamp);
      await world.finish(files[step.file]!.writeAt(content, step.sector * 512));
    } else if (step.kind === 'sync') {
      await world.finish(files[step.file]!.datasync());
      expected[step.file]!.sync();
    } else {
      expected[step.file]!.truncate(step.sector);
      await world.finish(files[step.file]!.truncate(step.sector * 512));
    }
  }
  return expected;
}

test('what was synced survives, and nothing appears that was never written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, seed) => {
      const world = new DiskWorld(seed);
      world.rates = { latencyMs: 0, syncLatencyMs: 0, slowOneIn: 0, slowMs: 0 };
      const expected = await run(world, steps);
      world.disk.powerFailed();
      for (const [i, file] of expected.entries()) {
        if (!world.disk.paths().includes(`f${i}`)) {
          expect(file.isNamed).toBe(false);
          continue;
        }
        const content = world.disk.contentOf(`f${i}`);
        expect(content.length).toBeLessThanOrEqual(Math.max(...file.durableSizes));
        expect(content.length).toBeGreaterThanOrEqual(Math.min(...file.durableSizes));
        for (let at = 0; at < content.length; at += 512) {
          const found = new Set(content.subarray(at, at + 512));
          expect(found.size).toBe(1);
          expect(file.sectors[at / 512] ?? [0]).toContain([...found][0]);
        }
      }
    }),
    { numRuns: 150 },
  );
});
