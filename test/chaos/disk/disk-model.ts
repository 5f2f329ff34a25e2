// What a lossy disk holds and what of it is safe, in the plainest way: for the test of the disk itself.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimRandom } from '../../../node/src/sim/world/random.ts';
import type { Step } from './exercise.ts';

const SECTOR_BYTES = 512;
const NAMES = ['a', 'b', 'c', 'd'];

interface ModelFile {
  content: Buffer;
  /** Contents since the latest sync: that of the sync first. */
  versions: Buffer[];
}

export class DiskModel {
  names = new Map<string, ModelFile>();
  safeNames = new Map<string, ModelFile>();

  /** A step that can be done now. Each write's bytes are its own. */
  choose(random: SimRandom, count: number): Step {
    const there = [...this.names.keys()];
    if (there.length === 0 || random.chance(0.1)) return { do: 'create', name: random.pick(NAMES) };
    const name = random.pick(there);
    const dice = random.fraction();
    if (dice < 0.5) {
      const lengths = Array.from({ length: random.between(1, 4) }, () => random.between(1, 2_000));
      const parts = lengths.map((length) =>
        Buffer.alloc(length, 1 + (count % 255)).toString('base64'),
      );
      return { do: 'write', name, at: random.below(6_000), parts };
    }
    if (dice < 0.6) return { do: 'truncate', name, size: random.below(8_000) };
    if (dice < 0.75) return { do: 'sync', name };
    if (dice < 0.85) return { do: 'syncFolder', name: '.' };
    if (dice < 0.95) return { do: 'rename', name, to: random.pick(NAMES) };
    return { do: 'remove', name };
  }

  apply(step: Step): void {
    const file = this.names.get(step.name);
    if (step.do === 'create' && file === undefined) {
      this.names.set(step.name, { content: Buffer.alloc(0), versions: [Buffer.alloc(0)] });
    }
    if (step.do === 'syncFolder') this.safeNames = new Map(this.names);
    if (file === undefined) return;
    if (step.do === 'write') {
      const bytes = Buffer.concat(step.parts.map((part) => Buffer.from(part, 'base64')));
      const content = Buffer.alloc(Math.max(file.content.length, step.at + bytes.length));
      file.content.copy(content);
      bytes.copy(content, step.at);
      change(file, content);
    } else if (step.do === 'truncate') {
      const content = Buffer.alloc(step.size);
      file.content.copy(content);
      change(file, content);
    } else if (step.do === 'sync') {
      file.versions = [file.content];
    } else if (step.do === 'remove') {
      this.names.delete(step.name);
    } else if (step.do === 'rename' && step.to !== step.name) {
      this.names.delete(step.name);
      this.names.set(step.to, file);
    }
  }

  contents(): Record<string, Buffer> {
    return record(this.names, (file) => file.content);
  }

  safeContents(): Record<string, Buffer> {
    return record(this.safeNames, (file) => file.versions[0]!); // never empty
  }

  /**
   * Sectors that hold what no version of the file since its last sync held there. Zeros at the end are no sign: a
   * truncation that survives cuts what stood before the writes that did not.
   */
  impossibleSectors(name: string, content: Buffer): number[] {
    const versions = this.names.get(name)?.versions ?? [];
    const bad: number[] = [];
    for (let at = 0; at < content.length; at += SECTOR_BYTES) {
      const sector = content.subarray(at, at + SECTOR_BYTES);
      const end = sector.findLastIndex((byte) => byte !== 0) + 1;
      const fits = versions.some((version) =>
        version.subarray(at, at + end).equals(sector.subarray(0, end)),
      );
      if (!fits) bad.push(at);
    }
    return bad;
  }
}

function change(file: ModelFile, content: Buffer): void {
  file.content = content;
  file.versions.push(content);
}

function record(
  names: ReadonlyMap<string, ModelFile>,
  content: (file: ModelFile) => Buffer,
): Record<string, Buffer> {
  return Object.fromEntries([...names].sort().map(([name, file]) => [name, content(file)]));
}

/** Name to content. */
export function contentsOf(folder: string): Record<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name))]));
}
