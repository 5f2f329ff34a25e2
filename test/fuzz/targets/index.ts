// The targets by name. They are loaded one by one, so that a run has counters only where it needs them.
import type { Target } from '../engine/target.ts';

export const TARGETS: Readonly<Record<string, () => Promise<{ readonly target: Target }>>> = {
  protobuf: () => import('./protobuf.ts'),
  hpack: () => import('./hpack.ts'),
  grpc: () => import('./grpc.ts'),
  http2: () => import('./http2.ts'),
  wal: () => import('./wal.ts'),
  bbolt: () => import('./bbolt.ts'),
  snapshot: () => import('./snapshot.ts'),
  'peer-stream': () => import('./peer-stream.ts'),
  'peer-http': () => import('./peer-http.ts'),
  'client-http': () => import('./client-http.ts'),
  json: () => import('./json.ts'),
  'server-config': () => import('./server-config.ts'),
  'cluster-yaml': () => import('./cluster-yaml.ts'),
};
