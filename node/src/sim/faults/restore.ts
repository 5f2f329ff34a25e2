// Disaster recovery: the whole cluster is gone but for a snapshot that a client took, and begins anew from it.
import { SILENT_LOGGER, type World } from '../../base/index.ts';
import {
  ConsistentIndex,
  dataPaths,
  placeSnapshot,
  plannedCluster,
  writeRestoredMember,
} from '../../server/index.ts';
import { Backend } from '../../storage/index.ts';
import { MaintenanceService } from '../../wire/gen/rpc.ts';
import { peerUrlOf } from '../cluster/directory.ts';
import { DATA_DIR, type Host } from '../cluster/host.ts';
import { MachineClock, ProcessClock } from '../world/clock.ts';
import { SimRandom } from '../world/random.ts';
import type { OperatorParts } from './operator.ts';

const RETRY_MS = 300;

/** Takes a snapshot, loses everything else, and starts the same machines on it as a new cluster. */
export async function restoreCluster(
  parts: OperatorParts,
  hosts: readonly Host[],
  revisionBump: number,
): Promise<void> {
  const snapshot = await download(parts);
  // What is written from here on is lost.
  await parts.scheduler.pause(500);
  for (const host of hosts) {
    host.kill('power');
    host.disk.wipe();
  }
  const initialCluster = hosts.map(({ name }) => `${name}=${peerUrlOf(name)}`).join(',');
  const token = `restored at ${parts.scheduler.nowMs}`;
  let era: Era | undefined;
  for (const host of hosts) {
    era = await writeMember(parts, host, { snapshot, initialCluster, token, revisionBump });
    host.entry = { initialCluster, state: 'existing', token };
  }
  if (era === undefined) return;
  parts.say(`restored from index ${era.index}, revision ${era.revision}`);
  parts.observer.restored(hosts[0]?.name ?? '', era.index, era.term, era.revision);
  parts.eraBegan(era.revision);
  for (const host of hosts) host.start();
}

interface Era {
  /** Of the last entry that the snapshot holds. */
  readonly index: number;
  readonly term: number;
  readonly revision: number;
}

interface Restoration {
  readonly snapshot: readonly Uint8Array[];
  readonly initialCluster: string;
  readonly token: string;
  readonly revisionBump: number;
}

async function download({ client, cluster, scheduler }: OperatorParts): Promise<Uint8Array[]> {
  for (let tries = 0; ; tries++) {
    const serving = cluster.hosts.filter(({ process }) => process?.isServing === true);
    const host = serving[tries % Math.max(1, serving.length)];
    if (host !== undefined) {
      try {
        const stream = client.openStream(host.name, MaintenanceService.snapshot, { request: {} });
        return (await stream.all()).map(({ blob }) => blob);
      } catch {
        // Another member may give one.
      }
    }
    await scheduler.pause(RETRY_MS);
  }
}

async function writeMember(
  { scheduler }: OperatorParts,
  host: Host,
  { snapshot, initialCluster, token, revisionBump }: Restoration,
): Promise<Era> {
  const mount = host.disk.mount();
  const machine = new MachineClock(scheduler, 0, 0);
  const clock = new ProcessClock(machine, scheduler, (error) => {
    throw error;
  });
  const world: World = { disk: mount.disk, clock, random: new SimRandom(0) };
  const paths = dataPaths({ dataDir: DATA_DIR, walDir: '' });
  await world.disk.makeFolder(paths.snapDir);
  await placeSnapshot(world, piecesOf(snapshot), paths.database);
  const position = await positionOf(world, paths.database);
  const plan = {
    name: host.name,
    initialClusterToken: token,
    advertisePeerUrls: [peerUrlOf(host.name)],
  };
  const cluster = plannedCluster(plan, initialCluster);
  const tools = { world, logger: SILENT_LOGGER };
  const revision = await writeRestoredMember(tools, paths, cluster, revisionBump);
  await world.disk.syncFolder(paths.snapDir);
  mount.end();
  return { ...position, revision };
}

async function positionOf(
  world: World,
  path: string,
): Promise<{ readonly index: number; readonly term: number }> {
  const backend = await Backend.open(world, path, { logger: SILENT_LOGGER });
  const position = new ConsistentIndex();
  position.load(backend.bucket('meta'));
  await backend.close();
  return { index: position.index, term: position.term };
}

async function* piecesOf(snapshot: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* snapshot;
}
