// What header blocks cost: those that only name what is in the tables, and those that spell it out.
import type { Benchmarks } from '../../base/testing/benchmark.ts';
import { HpackDecoder } from './decoder.ts';
import { encodeHeaders, type HeaderPair } from './encoder.ts';

const REQUEST: readonly HeaderPair[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/etcdserverpb.KV/Put'],
  [':authority', '127.0.0.1:2379'],
  ['content-type', 'application/grpc'],
  ['user-agent', 'grpc-go/1.71.1'],
  ['te', 'trailers'],
];
const RESPONSE: readonly HeaderPair[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

/** A literal field that is to be indexed (RFC 7541 section 6.2.1), without Huffman. */
function literal([name, value]: HeaderPair): number[] {
  const text = (part: string): number[] => [part.length, ...Buffer.from(part, 'latin1')];
  return [0x40, ...text(name), ...text(value)];
}

/** A decoder that has these fields in its table, and the block that names them there. */
function indexed(): { decoder: HpackDecoder; block: Uint8Array } {
  const decoder = new HpackDecoder(4096, 64 * 1024);
  const literals = Uint8Array.from(REQUEST.flatMap(literal));
  decoder.decode(literals, 0, literals.length);
  // The newest field is the first behind the 61 static ones.
  const block = Uint8Array.from(REQUEST, (_field, i) => 0x80 | (61 + REQUEST.length - i));
  return { decoder, block };
}

export const benchmarks: Benchmarks = {
  'hpack: decode a request that is in the tables': {
    start: () => {
      const { decoder, block } = indexed();
      return () => decoder.decode(block, 0, block.length);
    },
  },
  'hpack: decode a request of literals': {
    start: () => {
      const decoder = new HpackDecoder(4096, 64 * 1024);
      const block = encodeHeaders(REQUEST);
      return () => decoder.decode(block, 0, block.length);
    },
  },
  'hpack: encode a response': { start: () => () => encodeHeaders(RESPONSE) },
};
