// Makes an input that fails smaller and plainer while it fails in the same way.

const MAX_TRIES = 4000;
const PLAIN_BYTES = [0, 0x30, 0x61];

/** @param fails whether an input still fails as the first one did */
export async function minimise(
  input: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let tries = 0;
  const try_ = async (candidate: Uint8Array): Promise<boolean> =>
    tries++ < MAX_TRIES && (await fails(candidate));
  let best = input;
  let before: number;
  do {
    before = best.length;
    best = await withoutBlocks(best, try_);
  } while (best.length < before && tries < MAX_TRIES);
  return plainer(best, try_);
}

type Try = (candidate: Uint8Array) => Promise<boolean>;

/** Leaves out blocks, from half of the input down to single bytes. */
async function withoutBlocks(input: Uint8Array, fails: Try): Promise<Uint8Array> {
  let best = input;
  for (let size = Math.max(1, best.length >> 1); size >= 1; size >>= 1) {
    for (let at = Math.max(0, best.length - size); at >= 0; at -= size) {
      const candidate = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)]);
      if (candidate.length < best.length && (await fails(candidate))) best = candidate;
      if (at === 0) break;
      if (at < size) at = size;
    }
  }
  return best;
}

async function plainer(input: Uint8Array, fails: Try): Promise<Uint8Array> {
  let best = input;
  for (let at = 0; at < best.length; at++) {
    if (PLAIN_BYTES.includes(best[at] as number)) continue; // at < length
    for (const plain of PLAIN_BYTES) {
      const candidate = best.slice();
      candidate[at] = plain;
      if (await fails(candidate)) {
        best = candidate;
        break;
      }
    }
  }
  return best;
}
