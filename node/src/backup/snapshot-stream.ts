// A copy of a member's database as a stream, together with what the member said it holds.
//
// The copy is of one moment, but nobody says of which revision. So the member is asked for the hash of all it holds, the copy
// is begun, and, when its first bytes are there (which is after that moment), the member is asked for the hash at the same
// revision again. If both agree, no compaction came in between, and the copy holds exactly that at that revision; it may hold
// writes behind it, up to the revision the member has by then.
import { isEtcdError, type Client } from '../client/index.ts';
import { BackupError } from './errors.ts';
import type { ContentMark } from './manifest.ts';
import { contentMark, type SourceMember } from './source.ts';

/** Each time, a compaction has to fall into the moment in which a copy is begun. */
const MAX_ATTEMPTS = 5;

export interface PinnedSnapshot {
  readonly content: ContentMark;
  readonly newestRevision: number;
  /** To be read to its end, or given back with `cancel`. */
  readonly bytes: AsyncIterable<Uint8Array>;
  cancel(): void;
}

/** @throws BackupError Source when compactions come in between each time */
export async function pinnedSnapshot(
  client: Client,
  member: SourceMember,
): Promise<PinnedSnapshot> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const pinned = await tryToPin(client, member);
    if (pinned !== undefined) return pinned;
  }
  throw new BackupError(
    'Source',
    `${member.name} compacts its history faster than a copy of it can be begun`,
  );
}

async function tryToPin(
  client: Client,
  { endpoint }: SourceMember,
): Promise<PinnedSnapshot | undefined> {
  const abort = new AbortController();
  try {
    const { currentRevision: _, ...content } = await contentMark(client, endpoint);
    const stream = client.maintenance.snapshot({
      endpoint,
      timeoutMs: Infinity,
      signal: abort.signal,
    });
    const first = await stream.next();
    const after = await contentMark(client, endpoint, content.revision);
    const isSame = after.hash === content.hash && after.compactRevision === content.compactRevision;
    if (first.done === true || !isSame) {
      abort.abort();
      await stream.return().catch(() => {});
      return undefined;
    }
    return {
      content,
      newestRevision: after.currentRevision,
      bytes: withFirst(first.value, stream),
      cancel: () => abort.abort(),
    };
  } catch (error) {
    abort.abort();
    if (isEtcdError(error, 'Compacted')) return undefined;
    throw error;
  }
}

async function* withFirst(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  yield* rest;
}
