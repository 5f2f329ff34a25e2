// SHA-256 in the shape that the api room asks for; that room has no node:crypto.
import { createHash } from 'node:crypto';

export function newSha256(): { update(bytes: Uint8Array): void; digest(): Uint8Array } {
  const hash = createHash('sha256');
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest(),
  };
}
