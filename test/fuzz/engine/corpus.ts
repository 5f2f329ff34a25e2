// The inputs worth keeping. What an execution shows is a set of features: an edge together with how often it was taken. For
// each feature the shortest input that shows it is its owner, and an input that owns nothing is dropped (as libFuzzer does).
import { MAP_SIZE, eachEdge } from './coverage.ts';
import type { FuzzRandom } from './random.ts';

export interface Entry {
  readonly input: Uint8Array;
  /** Features that it owns. */
  owned: number;
}

const FEATURES = MAP_SIZE * 8;

export class Corpus {
  private readonly owners = new Array<Entry | undefined>(FEATURES).fill(undefined);
  private readonly features: number[] = [];
  private readonly entries = new Set<Entry>();
  private readonly edges = new Uint8Array(MAP_SIZE);
  private recent: Entry[] = [];
  edgeCount = 0;

  get size(): number {
    return this.entries.size;
  }

  /**
   * Looks at the execution that was just made, and keeps its input when it shows something new or shows it more briefly.
   * Returns whether it showed something new.
   */
  consider(input: Uint8Array): boolean {
    const entry: Entry = { input, owned: 0 };
    const before = this.features.length;
    eachEdge((edge, bucket) => {
      if (this.edges[edge] === 0) {
        this.edges[edge] = 1;
        this.edgeCount++;
      }
      this.claim((edge << 3) | (31 - Math.clz32(bucket)), entry);
    });
    if (entry.owned === 0) return false;
    this.entries.add(entry);
    const isNew = this.features.length > before;
    if (isNew) this.recent = [entry, ...this.recent.slice(0, 15)];
    return isNew;
  }

  private claim(feature: number, entry: Entry): void {
    const owner = this.owners[feature];
    if (owner === undefined) this.features.push(feature);
    else if (owner.input.length <= entry.input.length) return;
    this.owners[feature] = entry;
    entry.owned++;
    if (owner !== undefined && --owner.owned === 0) this.entries.delete(owner);
  }

  /** An input to change: the owner of any feature, so that what is rare comes up as often as what is common; or a new one. */
  pick(random: FuzzRandom): Uint8Array {
    const fresh = this.recent.filter((entry) => entry.owned > 0);
    if (fresh.length > 0 && random.onceIn(3)) return random.pick(fresh).input;
    if (this.features.length === 0) return new Uint8Array(0);
    return this.owners[random.pick(this.features)]?.input ?? new Uint8Array(0);
  }

  /** The inputs that are kept, the shortest first. */
  inputs(): Uint8Array[] {
    return [...this.entries].map(({ input }) => input).sort((a, b) => a.length - b.length);
  }
}
