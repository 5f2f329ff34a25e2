// A process's disk whose answers arrive within the process: not while it is paused, and not after its end.
import type { Disk, DiskFile } from '../../base/index.ts';
import type { ProcessClock } from '../world/clock.ts';

type Gate = <T>(operation: Promise<T>) => Promise<T>;

export function gatedDisk(disk: Disk, clock: ProcessClock): Disk {
  const gate: Gate = (operation) =>
    new Promise((resolve, reject) => {
      operation.then(
        (value) => clock.enter(() => resolve(value)),
        (error: unknown) =>
          clock.enter(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  return {
    open: async (path, mode) => gatedFile(await gate(disk.open(path, mode)), gate),
    exists: (path) => gate(disk.exists(path)),
    list: (path) => gate(disk.list(path)),
    makeFolder: (path) => gate(disk.makeFolder(path)),
    rename: (from, to) => gate(disk.rename(from, to)),
    remove: (path) => gate(disk.remove(path)),
    removeFolder: (path) => gate(disk.removeFolder(path)),
    syncFolder: (path) => gate(disk.syncFolder(path)),
    lock: (path) => gate(disk.lock(path)),
  };
}

function gatedFile(file: DiskFile, gate: Gate): DiskFile {
  return {
    path: file.path,
    size: () => file.size(),
    readAt: (target, position) => file.readAt(target, position),
    readAtAsync: (target, position) => gate(file.readAtAsync(target, position)),
    writeAt: (source, position) => gate(file.writeAt(source, position)),
    writevAt: (sources, position) => gate(file.writevAt(sources, position)),
    truncate: (size) => gate(file.truncate(size)),
    datasync: (isAlone) => gate(file.datasync(isAlone)),
    close: () => gate(file.close()),
  };
}
