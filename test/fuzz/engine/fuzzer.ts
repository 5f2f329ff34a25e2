// The loop: take an input of the corpus, change it, run it, and keep it when it showed something new.
import { Buffer } from 'node:buffer';
import { answers, words } from './comparisons.ts';
import { Corpus } from './corpus.ts';
import { beginTrace, endTrace } from './coverage.ts';
import { type Failure, execute } from './execute.ts';
import { minimise } from './minimise.ts';
import { mutate } from './mutate.ts';
import { FuzzRandom } from './random.ts';
import type { Target } from './target.ts';

/** A run that goes on failing in new ways is stopped: there is enough to look at. */
const MAX_CRASHES = 10;
const MAX_WORDS = 512;

export interface Bounds {
  readonly executions: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface Crash {
  readonly signature: string;
  readonly error: unknown;
  /** Minimised. */
  readonly input: Uint8Array;
}

export interface Outcome {
  readonly executions: number;
  readonly seconds: number;
  readonly edges: number;
  readonly corpus: readonly Uint8Array[];
  readonly crashes: readonly Crash[];
}

/** Fuzzes a target that was loaded with counters. The same seed, seeds and number of executions give the same outcome. */
export async function fuzz(
  target: Target,
  seeds: readonly Uint8Array[],
  bounds: Bounds,
): Promise<Outcome> {
  return await new Fuzzer(target, bounds).run(seeds);
}

class Fuzzer {
  private readonly target: Target;
  private readonly bounds: Bounds;
  private readonly random: FuzzRandom;
  private readonly corpus = new Corpus();
  private readonly crashes = new Map<string, Crash>();
  private readonly words: Uint8Array[];
  private readonly knownWords = new Set<string>();
  private executions = 0;
  private readonly startMs = performance.now();

  constructor(target: Target, bounds: Bounds) {
    this.target = target;
    this.bounds = bounds;
    this.random = new FuzzRandom(bounds.seed);
    this.words = (target.dictionary ?? []).map((word) => Buffer.from(word as Uint8Array)); // from() takes text as well
  }

  async run(seeds: readonly Uint8Array[]): Promise<Outcome> {
    for (const seed of [...seeds, new Uint8Array(0)]) await this.explore(this.cut(seed));
    while (!this.isOver()) await this.explore(this.cut(this.next()));
    return {
      executions: this.executions,
      seconds: this.elapsedSeconds(),
      edges: this.corpus.edgeCount,
      corpus: this.corpus.inputs(),
      crashes: [...this.crashes.values()],
    };
  }

  private elapsedSeconds(): number {
    return (performance.now() - this.startMs) / 1000;
  }

  private isOver(): boolean {
    return (
      this.crashes.size >= MAX_CRASHES ||
      this.executions >= this.bounds.executions ||
      this.elapsedSeconds() >= this.bounds.seconds
    );
  }

  private cut(input: Uint8Array): Uint8Array {
    return input.length > this.target.maxBytes ? input.slice(0, this.target.maxBytes) : input;
  }

  private next(): Uint8Array {
    const { random, corpus, target } = this;
    const input = corpus.pick(random);
    const knowing = random.onceIn(2) ? target.mutate?.(input, random) : undefined;
    if (knowing !== undefined && random.onceIn(2)) return knowing;
    const changed = mutate(knowing ?? input, {
      random,
      maxBytes: target.maxBytes,
      dictionary: this.words,
      other: corpus.pick(random),
    });
    return changed;
  }

  /** Runs an input; one that shows something new is looked at for what it is compared with. */
  private async explore(input: Uint8Array): Promise<void> {
    if (!(await this.attempt(input))) return;
    beginTrace();
    await this.attempt(input);
    const pairs = endTrace();
    this.learn(words(pairs));
    for (const candidate of answers(input, pairs)) {
      if (this.isOver()) return;
      await this.attempt(this.cut(candidate));
    }
  }

  private learn(found: readonly string[]): void {
    for (const word of found) {
      if (this.knownWords.size >= MAX_WORDS) return;
      if (this.knownWords.has(word)) continue;
      this.knownWords.add(word);
      this.words.push(Buffer.from(word));
    }
  }

  private async attempt(input: Uint8Array): Promise<boolean> {
    this.executions++;
    const result = execute(this.target, input);
    const failure = result instanceof Promise ? await result : result;
    if (failure === undefined) return this.corpus.consider(input);
    if (!this.crashes.has(failure.signature)) await this.crashed(input, failure);
    return false;
  }

  private async crashed(input: Uint8Array, failure: Failure): Promise<void> {
    let { error } = failure;
    this.crashes.set(failure.signature, { ...failure, input });
    const smaller = await minimise(input, async (candidate) => {
      const again = await execute(this.target, candidate);
      if (again?.signature !== failure.signature) return false;
      error = again.error;
      return true;
    });
    this.crashes.set(failure.signature, { signature: failure.signature, error, input: smaller });
  }
}
