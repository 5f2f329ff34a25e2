// All that a run needs, as plain data: a seed makes one, a file keeps one, shrinking makes it smaller.
import { z } from 'zod';

const count = z.int().min(0);
const milliseconds = z.number().min(0);

const faultKinds = [
  'partition',
  'cut',
  'cutOneWay',
  'cutClients',
  'slowNetwork',
  'kill',
  'power',
  'crashAt',
  'pause',
  'clockJump',
  'fsyncError',
  'writeError',
  'diskFull',
  'stall',
  'corrupt',
  'wipe',
  'rollback',
  'addMember',
  'addLearner',
  'removeMember',
  'replaceMember',
  'moveLeader',
  'defragment',
  'interruptSnapshots',
  'restore',
] as const;

export type FaultKind = (typeof faultKinds)[number];

const plannedFault = z.strictObject({
  kind: z.enum(faultKinds),
  atMs: milliseconds,
  /** Which machine; who leads or follows is seen when the time has come. By default the leader or somebody else, by chance. */
  target: z.union([z.enum(['leader', 'follower', 'any', 'all']), count]).optional(),
  /** How long it lasts, or the machine is down. */
  durationMs: milliseconds.optional(),
  /** Disk operations until the crash; milliseconds that a clock jumps; of a crash: operations until it crashes again. */
  count: z.int().optional(),
  again: count.optional(),
  /** What is damaged, and how; how a crash ends the process. */
  where: z.enum(['wal', 'db', 'snap']).optional(),
  how: z.string().optional(),
});

export type PlannedFault = z.infer<typeof plannedFault>;

const diskRates = z.strictObject({
  latencyMs: milliseconds,
  syncLatencyMs: milliseconds,
  /** Of so many operations one is slow; 0: none. */
  slowOneIn: count,
  slowMs: milliseconds,
});

const networkRates = z.strictObject({
  latencyMs: milliseconds,
  jitterMs: milliseconds,
  /** Of so many messages between members one is lost, doubled, overtaken; 0: none. */
  lossOneIn: count,
  duplicateOneIn: count,
  reorderOneIn: count,
});

const clientCounts = z.strictObject({
  kv: count,
  txn: count,
  serial: count,
  watch: count,
  lease: count,
  lock: count,
  compact: count,
  maintenance: count,
  /** Between two operations of a client, on average. */
  pauseMs: milliseconds,
  /** How many keys they all share. */
  keys: z.int().min(1),
});

export const scenarioSchema = z.strictObject({
  seed: z.int().min(0).max(0xffff_ffff),
  profile: z.string(),
  members: z.int().min(1).max(7),
  /** Machines beside those of the first members, for new ones. */
  spareHosts: z.int().min(0).max(4),
  /** Faults happen for so long; then everything is mended and has to work. */
  faultMs: milliseconds,
  calmMs: milliseconds,
  clients: clientCounts,
  network: networkRates,
  disk: diskRates,
  clockDriftPpm: milliseconds,
  /** Server flags of each machine, by its position: mixed configuration. */
  flags: z.array(z.record(z.string(), z.string())),
  /** What each machine's member answers for its version; etcd's where there is none. */
  versions: z.array(z.string()),
  faults: z.array(plannedFault),
});

export type Scenario = z.infer<typeof scenarioSchema>;
export type ClientCounts = z.infer<typeof clientCounts>;
export type NetworkRates = z.infer<typeof networkRates>;
export type DiskRates = z.infer<typeof diskRates>;

export const FAULT_KINDS: readonly FaultKind[] = faultKinds;
