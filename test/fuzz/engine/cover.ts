// Which inputs of a corpus to keep on disk.
import { MAP_SIZE, eachEdge } from './coverage.ts';
import { execute } from './execute.ts';
import type { Target } from './target.ts';

/** Of each target's corpus, so that the repository stays small. */
const MAX_SAVED_BYTES = 100_000;
const MAX_SAVED_INPUTS = 400;
/** Hit counts told apart: once, a few times, often. */
const COARSE = [0b0000_0001, 0b0000_1110, 0b1111_0000];

/** The shortest inputs first, each of which shows an edge, or one taken more often, that those before it do not. */
export async function smallestCover(
  target: Target,
  inputs: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const seen = new Uint8Array(MAP_SIZE);
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for (const input of [...inputs].sort((a, b) => a.length - b.length)) {
    if ((await execute(target, input)) !== undefined) continue;
    let isNew = false;
    eachEdge((edge, bucket) => {
      const coarse = 1 << COARSE.findIndex((mask) => (mask & bucket) !== 0);
      if (((seen[edge] as number) & coarse) !== 0) return; // the map has all edges
      seen[edge] = (seen[edge] as number) | coarse; // as above
      isNew = true;
    });
    if (!isNew || bytes + input.length > MAX_SAVED_BYTES) continue;
    if (kept.length === MAX_SAVED_INPUTS) break;
    kept.push(input);
    bytes += input.length;
  }
  return kept;
}
