// A real member that is a cluster of its own, on a simulated disk: the whole way from a proposal to the log, the database
// and back at the next start.
import { SILENT_LOGGER, pause, type Logger, type World } from '../../../base/index.ts';
import {
  PeerCalls,
  buildConfig,
  openMember,
  type MemberTransport,
  type OpenedMember,
  type ServerConfig,
} from '../../../server/index.ts';

export const DATA_DIR = '/data';
const URL = 'http://m0:2380';
const SEGMENT_BYTES = 16 * 1024;

/** Raft snapshots after a few entries, and commits soon. */
export function loneConfig(flags: Readonly<Record<string, string>> = {}): ServerConfig {
  const all = {
    name: 'm0',
    'data-dir': DATA_DIR,
    'initial-advertise-peer-urls': URL,
    'initial-cluster': `m0=${URL}`,
    'snapshot-count': '6',
    'snapshot-catchup-entries': '3',
    'backend-batch-interval': '20ms',
    ...flags,
  };
  return buildConfig(new Map(Object.entries(all)));
}

const NO_PEERS: MemberTransport = {
  send() {},
  flush() {},
  sendSnapshot: () => Promise.reject(new Error('there is nobody')),
  addRemote() {},
  addPeer() {},
  updatePeer() {},
  removePeer() {},
  removeAllPeers() {},
  activeSince: () => 0,
};

export interface LoneMember extends OpenedMember {
  /** What ended it from within, if anything did. */
  failure(): unknown;
}

/** Opens its data and waits until it leads. */
export async function startLoneMember(
  world: World,
  options: { readonly config?: ServerConfig; readonly logger?: Logger } = {},
): Promise<LoneMember> {
  let failure: unknown;
  const nobody = (): Promise<never> => Promise.reject(new Error('there is nobody'));
  const asker = { ask: nobody, dialUrls: (urls: readonly string[]) => urls, close() {} };
  const opened = await openMember({
    config: options.config ?? loneConfig(),
    world,
    logger: options.logger ?? SILENT_LOGGER,
    end: { onFatal: (error) => (failure ??= error), onRemoved() {} },
    calls: new PeerCalls(asker, 5_000),
    onWalSync() {},
    walSegmentBytes: SEGMENT_BYTES,
  });
  const { member } = opened;
  member.start(NO_PEERS);
  while (!member.isLeader && failure === undefined) await pause(world.clock, 50);
  if (failure !== undefined) throw failure;
  await member.linearizableRead();
  return { ...opened, failure: () => failure };
}
