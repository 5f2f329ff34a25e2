// A database as the Snapshot call sends it: chunks, and last the SHA-256 of all of them.
import { createHash } from 'node:crypto';
import { concatBytes, equalBytes } from '../../base/index.ts';
import type { SnapshotResponse } from '../../wire/gen/rpc.ts';

const DIGEST_BYTES = 32;

/** The database; undefined when the digest is missing or another one. */
export function contentOf(messages: readonly SnapshotResponse[]): Uint8Array | undefined {
  const digest = messages.at(-1)?.blob;
  if (digest?.length !== DIGEST_BYTES) return undefined;
  const content = concatBytes(messages.slice(0, -1).map(({ blob }) => blob));
  const due = createHash('sha256').update(content).digest();
  return equalBytes(due, digest) ? content : undefined;
}
