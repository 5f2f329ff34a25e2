import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RECORD_HEADER_BYTES, RingReader, RingWriter, newRing, recordBytes } from './ring.ts';

const CAPACITY = 256;

function write(writer: RingWriter, call: number, payload: Uint8Array): boolean {
  const at = writer.place(7, call, payload.length);
  if (at < 0) return false;
  writer.bytes.set(payload, at);
  writer.publish();
  return true;
}

test('what is written is read, in order and whole, however writes and reads take turns', () => {
  const step = fc.oneof(
    fc.record({ write: fc.integer({ min: 0, max: CAPACITY / 2 - RECORD_HEADER_BYTES }) }),
    fc.constant('read' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const memory = newRing(CAPACITY);
      const writer = new RingWriter(memory);
      const reader = new RingReader(memory);
      const written: string[] = [];
      const read: string[] = [];
      const readAll = (): void => {
        while (
          reader.read((type, call, payload) => void read.push(`${type} ${call} ${hex(payload)}`))
        );
      };
      steps.forEach((one, call) => {
        if (one === 'read') {
          readAll();
          expect(reader.isEmpty).toBe(true);
          return;
        }
        const payload = new Uint8Array(one.write).fill(call);
        if (write(writer, call, payload)) written.push(`7 ${call} ${hex(payload)}`);
      });
      readAll();
      expect(read).toEqual(written);
    }),
  );
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('an empty ring takes any record of up to half its size, wherever it stands', () => {
  const memory = newRing(CAPACITY);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  for (let size = 0; size <= CAPACITY / 2 - RECORD_HEADER_BYTES; size++) {
    expect(write(writer, size, new Uint8Array(size))).toBe(true);
    while (reader.read(() => {}));
  }
});

test('a full ring refuses, and what it held stays as it was', () => {
  const memory = newRing(CAPACITY);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  let records = 0;
  while (write(writer, records, Uint8Array.of(records))) records++;
  expect(records).toBe(Math.floor(CAPACITY / recordBytes(1)));
  const seen: number[] = [];
  while (reader.read((_type, call, payload) => void seen.push(call, payload[0] ?? -1)));
  expect(seen).toEqual(Array.from({ length: records }, (_, i) => [i, i]).flat());
});

test('a reader that sleeps is woken once, and does not sleep over a record', () => {
  const memory = newRing(CAPACITY);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  expect(writer.wakesReader()).toBe(false);
  expect(reader.sleep()).toBe(true);
  write(writer, 1, new Uint8Array(3));
  expect([writer.wakesReader(), writer.wakesReader()]).toEqual([true, false]);
  expect(reader.sleep()).toBe(false);
  expect(writer.wakesReader()).toBe(false);
});

test('payloads stay whole when the ring is written over', () => {
  const memory = newRing(CAPACITY);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  const kept: Uint8Array[] = [];
  for (let i = 0; i < 50; i++) {
    write(writer, i, new Uint8Array(40).fill(i));
    reader.read((_type, _call, payload) => void kept.push(payload));
  }
  expect(kept.map((payload) => payload[39])).toEqual(Array.from({ length: 50 }, (_, i) => i));
});
