// etcd's log read in the plainest way: record after record, while lengths and checksums are right.
import { crc32c } from '../../../node/src/base/crc.ts';
import { Reader } from '../../../node/src/wire/reader.ts';
import type { Codec } from '../../../node/src/wire/codec.ts';
import { Entry, HardState } from '../../../node/src/wire/gen/raft.ts';
import { Record, Snapshot } from '../../../node/src/wire/gen/record.ts';
import type { WalState } from '../../../node/src/storage/wal/index.ts';

export interface PlainLog {
  /** What the records say up to the first that is wrong. */
  readonly state: WalState;
  /** Something is wrong: before the end of the last segment, or with what the records say. */
  readonly isDamaged: boolean;
}

export function plainReplay(
  segments: readonly { name: string; content: Uint8Array }[],
  start: { readonly index: number; readonly term: number },
): PlainLog {
  const first = segments.findLastIndex(
    ({ name }) => Number(`0x${name.slice(17, 33)}`) <= start.index,
  );
  const log = new PlainCollector(start);
  let crc: number | undefined;
  let isDamaged = first < 0 || hasGap(segments.slice(Math.max(0, first)));
  for (const { content } of segments.slice(Math.max(0, first))) {
    const end = plainSegment(content, crc, (record) => log.add(record));
    crc = end.crc;
    isDamaged ||= !end.isClean;
    if (!end.isClean) break;
  }
  return { state: log.state, isDamaged: isDamaged || log.isWrong || !log.isSnapshotFound };
}

function hasGap(segments: readonly { name: string }[]): boolean {
  const numbers = segments.map(({ name }) => Number(`0x${name.slice(0, 16)}`));
  return numbers.some((number, i) => i > 0 && number !== (numbers[i - 1] ?? 0) + 1);
}

function plainSegment(
  content: Uint8Array,
  before: number | undefined,
  visit: (record: Record) => void,
): { crc: number | undefined; isClean: boolean } {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let crc = before;
  let count = 0;
  for (let at = 0; ; count++) {
    if (at === content.length) return { crc, isClean: count >= 2 };
    const isZero = content.subarray(at).every((byte) => byte === 0);
    if (isZero) return { crc, isClean: count >= 2 };
    if (at + 8 > content.length) return { crc, isClean: false };
    const length = Number(view.getBigUint64(at, true) & 0xff_ffff_ffff_ffffn);
    const padding = (8 - (length % 8)) % 8;
    if (view.getUint8(at + 7) !== (padding === 0 ? 0 : 0x80 | padding))
      return { crc, isClean: false };
    const end = at + 8 + length;
    if (length === 0 || end + padding > content.length) return { crc, isClean: false };
    const record = plainDecode(Record, content.slice(at + 8, end));
    if (record === undefined || record.type < 1 || record.type > 5) return { crc, isClean: false };
    if (count === 0 && record.type !== 4) return { crc, isClean: false };
    if (count === 1 && record.type !== 1) return { crc, isClean: false };
    if (record.type === 4) {
      if (crc !== undefined && crc !== record.crc) return { crc, isClean: false };
      // No writer gives this record data.
      crc = crc === undefined ? record.crc : crc32c(record.crc, record.data);
    } else {
      const next = crc32c(crc ?? 0, record.data);
      if (next !== record.crc) return { crc, isClean: false };
      crc = next;
    }
    visit(record);
    at = end + padding;
  }
}

function plainDecode<T>(codec: Codec<T>, bytes: Uint8Array): T | undefined {
  try {
    return codec.read(new Reader(bytes), bytes.length);
  } catch {
    return undefined;
  }
}

class PlainCollector {
  readonly state: WalState = {
    metadata: new Uint8Array(0),
    hardState: HardState.create(),
    entries: [],
  };
  isWrong = false;
  isSnapshotFound = false;
  private termAtStart: number | undefined;
  private metadata: string | undefined;
  private readonly start: { readonly index: number; readonly term: number };

  constructor(start: { readonly index: number; readonly term: number }) {
    this.start = start;
  }

  add({ type, data }: Record): void {
    if (type === 1) {
      const text = Buffer.from(data).toString('hex');
      if (this.metadata !== undefined && this.metadata !== text) this.isWrong = true;
      this.metadata = text;
      this.state.metadata = data;
    } else if (type === 2) this.addEntry(plainDecode(Entry, data));
    else if (type === 3) {
      const hardState = plainDecode(HardState, data);
      if (hardState === undefined) this.isWrong = true;
      else this.state.hardState = hardState;
    } else if (type === 5) {
      const snapshot = plainDecode(Snapshot, data);
      if (snapshot === undefined) this.isWrong = true;
      else if (snapshot.index === this.start.index) {
        if (snapshot.term === this.start.term) this.isSnapshotFound = true;
        else this.isWrong = true;
        // A snapshot that is not of an entry in this log replaces the log.
        if (this.termAtStart !== snapshot.term) this.state.entries = [];
      }
    }
  }

  private addEntry(entry: Entry | undefined): void {
    if (entry === undefined) {
      this.isWrong = true;
      return;
    }
    const { entries } = this.state;
    const place = entry.index - this.start.index - 1;
    // What is written again at the snapshot's index or below replaces all behind it.
    if (place < 0) this.state.entries = [];
    if (place === -1) this.termAtStart = entry.term;
    else if (place < 0) this.termAtStart = undefined;
    else if (place > entries.length) this.isWrong = true;
    else entries.splice(place, entries.length, entry);
  }
}
