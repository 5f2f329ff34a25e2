// Manifests for tests.
import { createHash } from 'node:crypto';
import { dataObject, type Manifest } from '../manifest.ts';

/** A backup that was begun at `savedAt`, ISO 8601 with whole seconds. */
export function manifestAt(savedAt: string, more: Partial<Manifest> = {}): Manifest {
  const name = `${savedAt.replace(/[-:]|\.\d+/g, '')}-000000`;
  return {
    format: 1,
    name,
    savedAt,
    cluster: { name: 'shop', id: 'abc' },
    member: { id: '1', name: 'm1', role: 'follower' },
    reason: 'manual',
    content: { revision: 10, compactRevision: -1, hash: 1, keys: 2 },
    newestRevision: 10,
    data: { object: dataObject(name, false), bytes: 0, sha256: sha256Of('') },
    snapshot: { bytes: 0, sha256: sha256Of('') },
    encryption: null,
    storageVersion: '3.7.0',
    verified: null,
    failed: null,
    ...more,
  };
}

export const VERIFIED = {
  at: '2026-01-01T00:00:00Z',
  tookMs: 1,
  comparedWithSource: true,
  revision: 10,
  compactRevision: -1,
  hash: 1,
  keys: 2,
} as const;

export function sha256Of(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
