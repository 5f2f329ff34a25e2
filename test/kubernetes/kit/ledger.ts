// The writes that were acknowledged, and whether the store still has them.
import type { Client, KeyValue } from '../../../node/src/client/index.ts';

export interface Write {
  readonly key: string;
  /** The revision that the answer named. */
  readonly revision: number;
}

/** Revisions (from, to]: an in-place restore took them back, as it is meant to. */
export interface RolledBack {
  readonly from: number;
  readonly to: number;
}

export const KEY_PREFIX = 'kit/';

export class Ledger {
  readonly writes: Write[] = [];
  readonly #rolledBack: RolledBack[] = [];
  /** Keys whose request ended without an answer: nobody knows whether they are there. */
  readonly unknown = new Set<string>();
  #step = 0;

  /** Keys from now on are those of another step. */
  nextStep(): void {
    this.#step++;
  }

  get prefix(): string {
    return `${KEY_PREFIX}${String(this.#step).padStart(3, '0')}/`;
  }

  add(write: Write): void {
    this.writes.push(write);
  }

  /** Writes of these revisions have to be gone from now on. */
  rollBack(range: RolledBack): void {
    this.#rolledBack.push(range);
  }

  isRolledBack(revision: number): boolean {
    return this.#rolledBack.some(({ from, to }) => revision > from && revision <= to);
  }

  /** What is wrong with the keys below `prefix`; nothing when every acknowledged write is there, once. */
  async verify(client: Client, prefix: string): Promise<string[]> {
    const found = new Map<string, KeyValue>();
    // What is acknowledged while the keys are read may be there or not.
    const acknowledged = this.writes.filter(({ key }) => key.startsWith(prefix));
    for await (const kv of client.getAll(prefix, { prefix: true, keysOnly: true })) {
      found.set(kv.keyText(), kv);
    }
    const wrong = acknowledged.flatMap((write) => this.#wrongWith(write, found.get(write.key)));
    const known = new Set(this.writes.map(({ key }) => key));
    for (const key of found.keys()) {
      if (!known.has(key) && !this.unknown.has(key)) wrong.push(`nobody wrote ${key}`);
    }
    return wrong;
  }

  #wrongWith({ key, revision }: Write, kv: KeyValue | undefined): string[] {
    if (this.isRolledBack(revision)) {
      return kv === undefined ? [] : [`${key} of revision ${revision} outlived the restore`];
    }
    if (kv === undefined) return [`LOST ${key}, acknowledged at revision ${revision}`];
    if (kv.modRevision === revision && kv.version === 1) return [];
    const is = `is version ${kv.version} of revision ${kv.modRevision}`;
    return [`${key} was written once, at ${revision}, and ${is}`];
  }
}
