// A database with everything that can happen in its life: batches, commits that overlap, snapshots, defragmentation while
// it is written to, closing and opening.
import {
  EMPTY_BYTES,
  SILENT_LOGGER,
  assert,
  bytesFromLatin1,
  latin1FromBytes,
  type World,
} from '../../../base/index.ts';
import { Backend, checkFile } from '../../../storage/index.ts';
import type { SimRandom } from '../../world/random.ts';
import type { Workload } from './crash-everywhere.ts';

const FOLDER = 'member/snap';
const PATH = `${FOLDER}/db`;
const STEPS = 14;
const BUCKETS = ['key', 'lease', 'meta'];

/** Bucket, then key, then value. */
type Content = Map<string, Map<string, string>>;

function textOf(content: Content): string {
  const sorted = <T>(pairs: Iterable<[string, T]>): [string, T][] =>
    [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  const buckets = sorted(content).map(([name, pairs]) => [name, sorted(pairs)] as const);
  return JSON.stringify(buckets.filter(([, pairs]) => pairs.length > 0));
}

export class BackendLife implements Workload {
  private content: Content = new Map();
  /** What is certainly on the disk, and what commits under way may bring there. */
  private durable = textOf(new Map());
  private underWay: string[] = [];
  private serial = 0;
  private readonly choices: SimRandom;
  private backend!: Backend;

  constructor(choices: SimRandom) {
    this.choices = choices;
  }

  fork(): BackendLife {
    const copy = new BackendLife(this.choices.fork('again'));
    copy.durable = this.durable;
    copy.underWay = [...this.underWay];
    copy.serial = this.serial;
    return copy;
  }

  async run(world: World): Promise<void> {
    await this.open(world);
    for (let i = 0; i < STEPS; i++) await this.step(world);
    await this.commit();
    await this.backend.close();
  }

  async recover(world: World): Promise<void> {
    await this.open(world);
    const found = textOf(this.read());
    const possible = [this.durable, ...this.underWay];
    assert(possible.includes(found), `found ${found.slice(0, 300)}, which is no commit`);
    this.content = this.read();
    this.durable = found;
    this.underWay = [];
    for (let i = 0; i < 10; i++) this.write();
    await this.commit();
    assert(textOf(this.read()) === this.durable, 'it reads what was written');
    await this.backend.close();
    const problems = await checkFile(world, PATH);
    assert(problems.length === 0, problems.join('; '));
  }

  private async open(world: World): Promise<void> {
    await world.disk.makeFolder(FOLDER);
    this.backend = await Backend.open(world, PATH, {
      logger: SILENT_LOGGER,
      pageBytes: 1024,
      cacheBytes: 20_000,
      batchIntervalMs: 3,
      beforeCommit: () => this.underWay.push(textOf(this.content)),
    });
  }

  private async step(world: World): Promise<void> {
    const { choices, backend } = this;
    const kind = choices.below(10);
    if (kind < 5) {
      for (let i = choices.between(1, 30); i > 0; i--) this.write();
      if (choices.chance(0.5)) await world.clock.yieldNow();
    } else if (kind < 7) {
      await this.commit();
    } else if (kind === 7) {
      const defragmented = backend.defragment();
      for (let i = 0; i < 5; i++) {
        this.write();
        await world.clock.yieldNow();
      }
      await defragmented;
    } else if (kind === 8) {
      const snapshot = await backend.snapshot();
      for (let i = 0; i < 5; i++) this.write();
      await this.commit();
      for await (const chunk of snapshot.read()) assert(chunk.length > 0, 'it can be read');
      snapshot.close();
    } else {
      await this.commit();
      await backend.close();
      await this.open(world);
    }
  }

  private write(): void {
    const { choices, backend } = this;
    const name = choices.pick(BUCKETS);
    const pairs = this.content.get(name) ?? new Map<string, string>();
    this.content.set(name, pairs);
    const serial = this.serial++;
    const key = `k${String(choices.below(60)).padStart(4, '0')}`;
    if (choices.chance(0.3)) {
      pairs.delete(key);
      backend.bucket(name).delete(bytesFromLatin1(key));
      return;
    }
    const value = `${serial}`.padEnd(choices.chance(0.05) ? 3000 : choices.below(120), 'x');
    pairs.set(key, value);
    backend.bucket(name).put(bytesFromLatin1(key), bytesFromLatin1(value));
  }

  private async commit(): Promise<void> {
    const content = textOf(this.content);
    await this.backend.commitNow();
    this.durable = content;
    this.underWay = [];
  }

  private read(): Content {
    const content: Content = new Map();
    for (const name of BUCKETS) {
      const pairs = new Map<string, string>();
      this.backend.bucket(name).forEach(EMPTY_BYTES, undefined, (key, value) => {
        pairs.set(latin1FromBytes(key), latin1FromBytes(value));
      });
      content.set(name, pairs);
    }
    return content;
  }
}
