// A Map from key to slot in 64 parts: a Map that grows copies itself, and one of a million keys takes 100 ms for it.

const PARTS = 64;

export class KeyTable {
  private readonly parts: Map<string, number>[] = Array.from({ length: PARTS }, () => new Map());

  get(key: string): number | undefined {
    return this.parts[partOf(key)]!.get(key);
  }

  set(key: string, slot: number): void {
    this.parts[partOf(key)]!.set(key, slot);
  }

  delete(key: string): void {
    this.parts[partOf(key)]!.delete(key);
  }
}

/** Mixes the length and three characters: names differ near their end, or else in the middle. */
function partOf(key: string): number {
  const length = key.length;
  if (length === 0) return 0;
  const mixed =
    key.charCodeAt(length - 1) * 7 +
    key.charCodeAt(length > 1 ? length - 2 : 0) * 13 +
    key.charCodeAt(length >>> 1) * 29 +
    length;
  return mixed % PARTS;
}
