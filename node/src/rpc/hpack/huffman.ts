// Huffman coding of header strings (RFC 7541 section 5.2). The decoder eats four bits a step: the shortest code has five,
// so a step gives at most one byte.
import { CODES, CODE_LENGTHS } from './huffman-table.ts';

const EMIT = 0x1_0000;
const FAIL = 0x2_0000;

interface Decoder {
  /** [state × 16 + nibble]: next state, byte << 8, EMIT, FAIL. */
  readonly steps: Int32Array;
  /** 1 where input may end: inside a padding of fewer than 8 ones. */
  readonly accepting: Uint8Array;
}

interface Node {
  id: number;
  symbol: number;
  zero: Node | undefined;
  one: Node | undefined;
}

function buildTree(): Node[] {
  const inner: Node[] = [];
  const newNode = (): Node => ({ id: -1, symbol: -1, zero: undefined, one: undefined });
  const root = newNode();
  root.id = inner.push(root) - 1;
  for (let symbol = 0; symbol < 256; symbol++) {
    let node = root;
    for (let bit = (CODE_LENGTHS[symbol] ?? 0) - 1; bit >= 0; bit--) {
      const isOne = (((CODES[symbol] ?? 0) >>> bit) & 1) === 1;
      let next = isOne ? node.one : node.zero;
      if (next === undefined) {
        next = newNode();
        if (isOne) node.one = next;
        else node.zero = next;
        if (bit > 0) next.id = inner.push(next) - 1;
      }
      node = next;
    }
    node.symbol = symbol;
  }
  return inner;
}

function buildDecoder(): Decoder {
  const inner = buildTree();
  const root = inner[0];
  const steps = new Int32Array(inner.length * 16);
  for (const start of inner) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node: Node | undefined = start;
      let entry = 0;
      for (let bit = 3; bit >= 0 && node !== undefined; bit--) {
        node = ((nibble >>> bit) & 1) === 1 ? node.one : node.zero;
        if (node !== undefined && node.symbol >= 0) {
          entry |= EMIT | (node.symbol << 8);
          node = root;
        }
      }
      steps[start.id * 16 + nibble] = node === undefined ? FAIL : entry | node.id;
    }
  }
  const accepting = new Uint8Array(inner.length);
  let node = root;
  for (let depth = 0; depth < 8 && node !== undefined; depth++) {
    accepting[node.id] = 1;
    node = node.one;
  }
  return { steps, accepting };
}

const decoder = buildDecoder();

/** Room for what is decoded; grows with the longest string seen, which the header limits bound. */
let scratch = Buffer.allocUnsafe(4096);

/** The text (latin1) coded in `bytes` [start, end), or undefined when it is not valid Huffman code. */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number): string | undefined {
  const room = Math.ceil(((end - start) * 8) / 5) + 1;
  if (room > scratch.length) scratch = Buffer.allocUnsafe(room * 2);
  const { steps, accepting } = decoder;
  const target = scratch;
  let length = 0;
  let state = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number; // i < end <= bytes.length
    let step = steps[(state << 4) | (byte >>> 4)] as number; // the state is below 256
    if (step >= FAIL) return undefined;
    if (step >= EMIT) target[length++] = (step >>> 8) & 0xff;
    step = steps[((step & 0xff) << 4) | (byte & 15)] as number; // as above
    if (step >= FAIL) return undefined;
    if (step >= EMIT) target[length++] = (step >>> 8) & 0xff;
    state = step & 0xff;
  }
  return accepting[state] === 1 ? target.toString('latin1', 0, length) : undefined;
}

/** Bytes that `text` (latin1) takes in Huffman code. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_LENGTHS[text.charCodeAt(i) & 0xff] ?? 0;
  return (bits + 7) >>> 3;
}

/** Writes `text` (latin1) in Huffman code at `position`, padded with ones; returns the position behind it. */
export function huffmanEncode(text: string, target: Uint8Array, position: number): number {
  let pending = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    let length = CODE_LENGTHS[symbol] ?? 0;
    const code = CODES[symbol] ?? 0;
    while (length > 0) {
      const take = Math.min(8 - bits, length);
      pending = (pending << take) | ((code >>> (length - take)) & ((1 << take) - 1));
      bits += take;
      length -= take;
      if (bits === 8) {
        target[position++] = pending;
        pending = 0;
        bits = 0;
      }
    }
  }
  if (bits > 0) target[position++] = (pending << (8 - bits)) | (0xff >>> bits);
  return position;
}
