// A log whose segments hold anything: it is refused by name, or read as far as its checksums reach, and what opening it
// makes of it opens again the same.
import { readFileSync } from 'node:fs';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { crc32c } from '../../../node/src/base/crc.ts';
import { SILENT_LOGGER } from '../../../node/src/base/logger.ts';
import { MemoryDisk } from '../../../node/src/base/testing/memory-disk.ts';
import {
  Wal,
  WalCorruptError,
  WalMismatchError,
  type WalState,
} from '../../../node/src/storage/wal/index.ts';
import { paddingOf, segmentName, writeFrameLength } from '../../../node/src/storage/wal/format.ts';
import { encode } from '../../../node/src/wire/codec.ts';
import { Entry, HardState } from '../../../node/src/wire/gen/raft.ts';
import { Record, Snapshot } from '../../../node/src/wire/gen/record.ts';
import type { Target } from '../engine/target.ts';
import { plainReplay } from '../oracles/wal.ts';
import { Parts, expectSame, expectThat, partOf } from './input.ts';

const FOLDER = 'wal';
const options = { logger: SILENT_LOGGER, segmentBytes: 4096 };

// An input is a row of operations that write segments: most mutations then keep the checksums right.
const Op = {
  Record: 0,
  BadRecord: 1,
  Segment: 2,
  Raw: 3,
  Zeros: 4,
  Patch: 5,
  Cut: 6,
  Gap: 7,
} as const;

class Builder {
  private readonly done: { name: string; content: Uint8Array }[] = [];
  private parts: Uint8Array[] = [];
  private crc = 0;
  private sequence = 0;
  private index = 0;

  apply(op: number, parts: Parts): void {
    if (op === Op.Record) this.record(parts.byte(), parts.part(), 0);
    else if (op === Op.BadRecord) this.record(parts.byte(), parts.part(), parts.byte());
    else if (op === Op.Raw) this.parts.push(parts.part());
    else if (op === Op.Zeros) this.parts.push(new Uint8Array(parts.byte() * 16));
    else if (op === Op.Patch) this.patch(parts.uint16(), parts.byte());
    else if (op === Op.Cut) this.parts = [this.content().slice(0, -parts.byte() || undefined)];
    else this.segment(parts.byte(), op === Op.Gap ? 2 : 1);
  }

  private record(type: number, content: Uint8Array, wrong: number): void {
    // A checksum record starts the chain of its segment: it holds the value so far, and no data.
    const data = type === 4 ? new Uint8Array(0) : content;
    if (type !== 4) this.crc = crc32c(this.crc, data);
    const record = encode(Record, Record.create({ type, crc: (this.crc ^ wrong) >>> 0, data }));
    const frame = new Uint8Array(8 + record.length + paddingOf(record.length));
    writeFrameLength(frame, 0, record.length);
    frame.set(record, 8);
    this.parts.push(frame);
  }

  private patch(at: number, value: number): void {
    const content = this.content().slice();
    if (content.length > 0) content[at % content.length] = value;
    this.parts = [content];
  }

  private segment(index: number, step: number): void {
    this.finish();
    this.sequence += step;
    this.index += index;
    this.record(4, new Uint8Array(0), 0);
  }

  private content(): Uint8Array {
    return concatBytes(this.parts);
  }

  private finish(): void {
    const { name } = segmentName(this.sequence, this.index);
    this.done.push({ name, content: this.content() });
    this.parts = [];
  }

  segments(): { name: string; content: Uint8Array }[] {
    this.finish();
    return this.done;
  }
}

async function run(input: Uint8Array): Promise<void> {
  const parts = new Parts(input);
  const start = { index: parts.byte(), term: parts.byte() };
  const builder = new Builder();
  while (!parts.isEmpty) builder.apply(parts.byte() % 8, parts);
  const segments = builder.segments();
  const disk = new MemoryDisk();
  await disk.makeFolder(FOLDER);
  for (const { name, content } of segments) disk.setContent(`${FOLDER}/${name}`, content);
  const opened = await open(disk, start);
  const expected = plainReplay(segments, start);
  if (opened === undefined) {
    expectThat(expected.isDamaged, 'a sound log is refused');
    return;
  }
  expectSame('state', opened.state, expected.state);
  await checkGoesOn(disk, start, opened);
}

interface Opened {
  readonly wal: Wal;
  readonly state: WalState;
}

async function open(
  disk: MemoryDisk,
  start: { index: number; term: number },
): Promise<Opened | undefined> {
  try {
    return await Wal.open(disk, FOLDER, start, options);
  } catch (error) {
    if (error instanceof WalCorruptError || error instanceof WalMismatchError) return undefined;
    throw error;
  }
}

/** What was opened can be opened again, and so can what is appended to it. */
async function checkGoesOn(
  disk: MemoryDisk,
  start: { index: number; term: number },
  { wal, state }: Opened,
): Promise<void> {
  await wal.close();
  const again = await open(disk, start);
  expectSame('opened again', again?.state, state);
  if (again === undefined) return;
  const index = start.index + state.entries.length + 1;
  const term = Math.max(state.hardState.term, 1);
  const entry = Entry.create({ index, term, data: new Uint8Array(700).fill(7) });
  const hardState = HardState.create({ ...state.hardState, term });
  await again.wal.save(hardState, [entry], true);
  await again.wal.close();
  const last = await open(disk, start);
  expectSame('after an entry more', last?.state, {
    ...state,
    hardState,
    entries: [...state.entries, entry],
  });
  await last?.wal.close();
}

// Seeds

const op = (code: number, ...parts: Uint8Array[]): Uint8Array =>
  concatBytes([Uint8Array.of(code), ...parts]);
const record = (type: number, data: Uint8Array): Uint8Array =>
  op(Op.Record, Uint8Array.of(type), partOf(data));
const entry = (index: number, term: number, text: string): Uint8Array =>
  record(2, encode(Entry, Entry.create({ index, term, data: Buffer.from(text) })));
const state = (term: number, commit: number): Uint8Array =>
  record(3, encode(HardState, HardState.create({ term, vote: 1n, commit })));
const snapshot = (index: number, term: number): Uint8Array =>
  record(5, encode(Snapshot, Snapshot.create({ index, term })));
const head = concatBytes([record(4, new Uint8Array(0)), record(1, Uint8Array.of(8, 1))]);

function seeds(): Uint8Array[] {
  const written = concatBytes([
    head,
    snapshot(0, 0),
    state(1, 1),
    entry(1, 1, 'one'),
    entry(2, 1, 'two'.repeat(200)),
    state(2, 2),
    entry(2, 2, 'other'),
  ]);
  const etcd = new URL('../../../node/src/storage/wal/testdata/etcd-3.7.3.wal', import.meta.url);
  const zero = Uint8Array.of(0, 0);
  return [
    concatBytes([zero, written, op(Op.Zeros, Uint8Array.of(40))]),
    concatBytes([
      zero,
      written,
      op(Op.Segment, Uint8Array.of(3)),
      record(1, Uint8Array.of(8, 1)),
      entry(3, 2, 'x'),
    ]),
    concatBytes([
      Uint8Array.of(2, 2),
      written,
      snapshot(2, 2),
      entry(3, 2, 'y'),
      op(Op.Cut, Uint8Array.of(9)),
    ]),
    concatBytes([zero, written, op(Op.BadRecord, Uint8Array.of(2), partOf('z'), Uint8Array.of(1))]),
    concatBytes([zero, op(Op.Raw, partOf(new Uint8Array(readFileSync(etcd))))]),
  ];
}

export const target: Target = { name: 'wal', run, seeds, maxBytes: 4096, maxAllocated: 32 << 20 };
