// The targets by name. They are loaded one by one, so that a run has counters only where it needs them.
import type { Target } from '../engine/target.ts';

export const TARGETS: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  protobuf: () => import('./protobuf.ts'),
  hpack: () => import('./hpack.ts'),
  grpc: () => import('./grpc.ts'),
  http2: () => import('./http2.ts'),
  wal: () => import('./wal.ts'),
  bbolt: () => import('./bbolt.ts'),
};
