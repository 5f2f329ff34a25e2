// Backends that tests close and open again: one in memory, and the real one on a disk in memory.
import { SILENT_LOGGER } from '../../../base/index.ts';
import { MemoryDisk } from '../../../base/testing/memory-disk.ts';
import { Backend } from '../../backend/index.ts';
import type { KeyValueBackend } from '../key-value-backend.ts';
import { MemoryBackend } from './memory-backend.ts';
import { QUICK_CLOCK } from './quick-clock.ts';

/** Opens the backend, the second time with what was in it before. */
export type Reopen = () => Promise<KeyValueBackend>;

export function reopenMemory(): Reopen {
  let backend = new MemoryBackend();
  return async () => (backend = backend.copy());
}

export function reopenFile(): Reopen {
  const world = { disk: new MemoryDisk(), clock: QUICK_CLOCK };
  let backend: Backend | undefined;
  return async () => {
    if (backend === undefined) await world.disk.makeFolder('/member');
    await backend?.close();
    backend = await Backend.open(world, '/member/db', { logger: SILENT_LOGGER, pageBytes: 1024 });
    return backend;
  };
}
