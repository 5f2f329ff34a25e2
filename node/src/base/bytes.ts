// Byte strings: comparison, conversion, and the latin1 form in which keys are held in memory.

// The runtime's own conversions are ten times faster than a loop; base declares just what it uses of them.
declare const Buffer: {
  readonly prototype: {
    latin1Slice(this: Uint8Array, start: number, end: number): string;
  };
  from(text: string, encoding: 'latin1' | 'hex' | 'base64'): Uint8Array;
  compare(a: Uint8Array, b: Uint8Array): -1 | 0 | 1;
};
/** Takes any byte array as its `this`, so that none has to be wrapped in a Buffer first. */
const { latin1Slice } = Buffer.prototype;

/** One character per byte: the order of such strings is the order of the bytes, and a Map finds them quickly. */
export function latin1FromBytes(bytes: Uint8Array): string {
  const length = bytes.length;
  if (length < 12) {
    let text = '';
    for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[i] ?? 0);
    return text;
  }
  return latin1Slice.call(bytes, 0, length);
}

/** The same of [start, end), for many short pieces of one array. */
export function latin1FromRange(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

export function bytesFromLatin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** −1, 0 or 1: unsigned byte order, a prefix before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  return Buffer.compare(a, b);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** A copy of `bytes` [start, end) in memory of its own. `slice` makes one of a Uint8Array, and a view of a Buffer. */
export function copyBytes(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

export function hexFromBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
