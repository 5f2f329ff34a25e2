// A set of member ids. Configurations are small, rarely changed and often read.
import { formatId, type MemberId } from '../../base/index.ts';

function compareIds(a: MemberId, b: MemberId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Immutable: `with` and `without` return another set. `ids` ascend. */
export class IdSet {
  static readonly EMPTY: IdSet = new IdSet([]);

  readonly ids: readonly MemberId[];

  private constructor(ids: readonly MemberId[]) {
    this.ids = ids;
  }

  static of(ids: Iterable<MemberId>): IdSet {
    const sorted = [...new Set(ids)].sort(compareIds);
    return sorted.length === 0 ? IdSet.EMPTY : new IdSet(sorted);
  }

  get size(): number {
    return this.ids.length;
  }

  has(id: MemberId): boolean {
    return this.ids.includes(id);
  }

  with(id: MemberId): IdSet {
    return this.has(id) ? this : IdSet.of([...this.ids, id]);
  }

  without(id: MemberId): IdSet {
    return this.has(id) ? IdSet.of(this.ids.filter((other) => other !== id)) : this;
  }

  union(other: IdSet): IdSet {
    return other.size === 0 ? this : IdSet.of([...this.ids, ...other.ids]);
  }

  /** How many ids are in exactly one of the two sets. */
  countDifferences(other: IdSet): number {
    const onlyHere = this.ids.filter((id) => !other.has(id)).length;
    return onlyHere + other.ids.filter((id) => !this.has(id)).length;
  }

  /** `(1 2 a)`, ids in hex. */
  toString(): string {
    return `(${this.ids.map(formatId).join(' ')})`;
  }
}
