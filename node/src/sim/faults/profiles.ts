// What a seed makes: the size of the cluster, its clients, and which faults happen how often. A profile is a taste.
import type { ClientCounts, FaultKind, PlannedFault, Scenario } from '../scenario.ts';
import { SimRandom } from '../world/random.ts';

/** How often each kind of fault happens, relative to the others. */
type Weights = Partial<Record<FaultKind, number>>;

interface Profile {
  readonly name: string;
  /** What it is good for. */
  readonly about: string;
  /** How often a seed without a wish gets it. */
  readonly weight: number;
  readonly members: readonly number[];
  readonly spareHosts: number;
  readonly faults: Weights;
  /** True time between two faults, on average. */
  readonly faultEveryMs: number;
  readonly clients?: Partial<ClientCounts>;
  readonly flags?: Readonly<Record<string, string>>;
  /** Flags that all members have alike, or none of them. */
  readonly sharedFlags?: Readonly<Record<string, string>>;
  readonly lossy?: boolean;
}

/** A member that starts waits for the others as long as it takes, so that anything may happen meanwhile. */
export const STRICT_VOUCHING = { 'vouch-timeout': '0s' } as const;

const CRASHES: Weights = { kill: 4, power: 4, crashAt: 6 };
const NETWORK: Weights = { partition: 4, cut: 3, cutOneWay: 3, cutClients: 2, slowNetwork: 2 };
const DUTIES: Weights = { moveLeader: 1, defragment: 1 };

export const PROFILES: readonly Profile[] = [
  {
    name: 'calm',
    about: 'no faults at all: what every client may expect',
    weight: 1,
    members: [1, 3],
    spareHosts: 0,
    faults: {},
    faultEveryMs: 1_000,
  },
  {
    name: 'network',
    about: 'partitions of all kinds, slow links, messages lost, doubled and reordered',
    weight: 3,
    members: [3, 3, 5],
    spareHosts: 0,
    faults: { ...NETWORK, moveLeader: 1 },
    faultEveryMs: 1_500,
    lossy: true,
  },
  {
    name: 'crash',
    about: 'killed processes, power failures, crashes at a disk operation and again in recovery',
    weight: 4,
    members: [3, 3, 5],
    spareHosts: 0,
    faults: { ...CRASHES, ...DUTIES },
    faultEveryMs: 1_500,
  },
  {
    name: 'single',
    about: 'one member alone, which crashes and loses power: nobody else remembers anything',
    weight: 2,
    members: [1],
    spareHosts: 0,
    faults: { ...CRASHES, fsyncError: 1, diskFull: 1, stall: 1, defragment: 2, pause: 1 },
    faultEveryMs: 1_500,
  },
  {
    name: 'disk',
    about: 'failed, full and stalled disks',
    weight: 2,
    members: [3],
    spareHosts: 0,
    faults: { fsyncError: 3, writeError: 2, diskFull: 2, stall: 3, power: 2, crashAt: 2 },
    faultEveryMs: 2_000,
  },
  {
    name: 'clock',
    about: 'pauses, clocks that jump and drift, leases',
    weight: 2,
    members: [3, 5],
    spareHosts: 0,
    faults: { pause: 5, clockJump: 4, stall: 3, kill: 1, moveLeader: 1, cut: 1 },
    faultEveryMs: 1_500,
    clients: { lease: 4, lock: 2 },
  },
  {
    name: 'snapshot',
    about: 'members that lag get snapshots, which break off and come again',
    weight: 2,
    members: [3, 5],
    spareHosts: 0,
    faults: { cut: 4, kill: 3, power: 2, interruptSnapshots: 3, crashAt: 3, defragment: 1 },
    faultEveryMs: 1_500,
    flags: { 'snapshot-count': '40', 'snapshot-catchup-entries': '5' },
    clients: { pauseMs: 15 },
  },
  {
    name: 'membership',
    about: 'members come and go while anything happens',
    weight: 3,
    members: [3, 3, 5],
    spareHosts: 2,
    faults: {
      ...{ addMember: 3, addLearner: 3, removeMember: 4, replaceMember: 2, moveLeader: 1 },
      ...{ kill: 2, power: 1, cut: 2, partition: 2, pause: 1 },
    },
    faultEveryMs: 1_500,
    flags: { 'snapshot-count': '60', 'snapshot-catchup-entries': '10' },
  },
  {
    name: 'amnesia',
    about: 'wiped disks and old copies of disks under the same member id',
    weight: 2,
    members: [3, 5],
    spareHosts: 0,
    faults: { rollback: 4, wipe: 3, kill: 2, cut: 2, partition: 2, pause: 1, moveLeader: 1 },
    faultEveryMs: 1_500,
    sharedFlags: STRICT_VOUCHING,
  },
  {
    name: 'corruption',
    about: 'bit flips, zeroed, torn and misdirected pages, lost directory entries',
    weight: 2,
    members: [3, 5],
    spareHosts: 0,
    faults: { corrupt: 5, kill: 1, power: 1, moveLeader: 1 },
    faultEveryMs: 3_000,
    flags: { 'feature-gates': 'InitialCorruptCheck=true' },
  },
  {
    name: 'restore',
    about: 'the whole cluster is lost and comes back from a snapshot, with its revisions moved on',
    weight: 1,
    members: [1, 3],
    spareHosts: 0,
    faults: { restore: 2, kill: 2, cut: 1 },
    faultEveryMs: 4_000,
  },
  {
    name: 'everything',
    about: 'all of it at once',
    weight: 4,
    members: [3, 5],
    spareHosts: 2,
    faults: {
      ...CRASHES,
      ...NETWORK,
      ...DUTIES,
      ...{ pause: 3, clockJump: 2, fsyncError: 1, diskFull: 1, stall: 2, interruptSnapshots: 1 },
      ...{ addMember: 1, addLearner: 1, removeMember: 1, replaceMember: 1, wipe: 1 },
    },
    faultEveryMs: 1_200,
    lossy: true,
    flags: { 'snapshot-count': '80', 'snapshot-catchup-entries': '20' },
  },
];

const CLIENTS: ClientCounts = {
  ...{ kv: 3, txn: 2, serial: 1, watch: 3, lease: 1, lock: 0, compact: 1, maintenance: 1 },
  ...{ pauseMs: 60, keys: 8 },
};

const VERSIONS = ['3.7.3', '3.7.3', '3.7.3', '3.6.14'];
const MIN_FAULT_MS = 8_000;
const MAX_FAULT_MS = 25_000;
const CALM_MS = 15_000;

/** The scenario that a seed stands for. @throws Error when there is no such profile */
export function scenarioOf(seed: number, profileName?: string): Scenario {
  const random = new SimRandom(seed).fork('scenario');
  const profile = profileName === undefined ? anyProfile(random) : named(profileName);
  const members = random.pick(profile.members);
  const faultMs = random.between(MIN_FAULT_MS, MAX_FAULT_MS);
  const hosts = members + profile.spareHosts;
  const shared = random.onceIn(2) ? profile.sharedFlags : {};
  return {
    seed,
    profile: profile.name,
    members,
    spareHosts: profile.spareHosts,
    faultMs,
    calmMs: CALM_MS,
    clients: clientsFor(random, profile),
    network: {
      latencyMs: random.pick([0.2, 0.5, 2, 10]),
      jitterMs: random.pick([0.1, 1, 5]),
      lossOneIn: profile.lossy === true ? random.pick([0, 50, 20]) : 0,
      duplicateOneIn: profile.lossy === true ? random.pick([0, 50, 20]) : 0,
      reorderOneIn: profile.lossy === true ? random.pick([0, 50, 20]) : 0,
    },
    disk: {
      latencyMs: random.pick([0.02, 0.1]),
      syncLatencyMs: random.pick([0.2, 1, 5]),
      slowOneIn: random.pick([0, 200, 50]),
      slowMs: random.pick([20, 200]),
    },
    clockDriftPpm: random.pick([0, 50, 500]),
    flags: Array.from({ length: hosts }, () => ({ ...flagsFor(random, profile), ...shared })),
    versions: Array.from({ length: hosts }, () => random.pick(VERSIONS)),
    faults: planFaults(random, profile, faultMs),
  };
}

function anyProfile(random: SimRandom): Profile {
  let left = random.below(PROFILES.reduce((sum, { weight }) => sum + weight, 0));
  return PROFILES.find(({ weight }) => (left -= weight) < 0) ?? PROFILES[0]!; // there are profiles
}

function named(name: string): Profile {
  const found = PROFILES.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = PROFILES.map((one) => one.name).join(', ');
  throw new Error(`there is no profile ${JSON.stringify(name)}; the profiles are ${known}`);
}

function clientsFor(random: SimRandom, { clients = {} }: Profile): ClientCounts {
  const drawn = {
    lock: random.pick([0, 0, 2]),
    keys: random.pick([2, 8, 8, 30]),
    pauseMs: random.pick([20, 60, 150]),
    lease: random.pick([0, 1, 2]),
  };
  return { ...CLIENTS, ...drawn, ...clients };
}

/** Members of one cluster need not be configured alike. */
function flagsFor(random: SimRandom, { flags = {} }: Profile): Record<string, string> {
  return {
    'snapshot-count': random.pick(['100', '300', '10000']),
    'snapshot-catchup-entries': random.pick(['10', '50', '5000']),
    'compaction-batch-limit': random.pick(['4', '1000']),
    'backend-batch-interval': random.pick(['10ms', '100ms']),
    'backend-batch-limit': random.pick(['20', '10000']),
    'watch-progress-notify-interval': random.pick(['1s', '10m']),
    'pre-vote': random.pick(['true', 'true', 'true', 'false']),
    'max-snapshots': random.pick(['1', '5']),
    'max-wals': random.pick(['1', '5']),
    ...flags,
  };
}

function planFaults(random: SimRandom, profile: Profile, faultMs: number): PlannedFault[] {
  const kinds = Object.entries(profile.faults).flatMap(([kind, weight]) =>
    // Object.entries forgets what the keys are.
    Array.from({ length: weight }, () => kind as FaultKind),
  );
  const faults: PlannedFault[] = [];
  if (kinds.length === 0) return faults;
  for (let atMs = 1_500; ;) {
    atMs += Math.floor(random.fraction() * 2 * profile.faultEveryMs) + 1;
    if (atMs >= faultMs) return faults;
    faults.push(planned(random, random.pick(kinds), atMs));
  }
}

const TARGETS = ['leader', 'follower', 'any', 'any'] as const;

/** Fills in what a fault of this kind needs. */
function planned(random: SimRandom, kind: FaultKind, atMs: number): PlannedFault {
  const target = random.pick(TARGETS);
  const durationMs = random.pick([200, 1_000, 3_000, 6_000]);
  switch (kind) {
    case 'kill':
      return { kind, atMs, target: random.onceIn(8) ? 'all' : target, durationMs };
    case 'power':
      return { kind, atMs, target: random.onceIn(4) ? 'all' : target, durationMs };
    case 'crashAt': {
      const how = random.pick(['process', 'power', 'power']);
      const again = random.pick([0, 3, 10, 30]);
      const crash = { kind, atMs, target, durationMs: 200, again, how };
      if (!random.onceIn(3)) return { ...crash, count: 1 + random.below(40) };
      // Those on the log come so much oftener that hardly one on the database would be hit.
      return { ...crash, count: 1 + random.below(12), where: 'db' };
    }
    case 'partition':
      // Somebody else will lead, and the former leader does not know.
      return random.onceIn(2)
        ? { kind, atMs, target: 'leader', durationMs }
        : { kind, atMs, durationMs };
    case 'defragment': {
      // With every second one somebody crashes while it goes on, or just after.
      if (random.onceIn(2)) return { kind, atMs, target };
      const how = random.pick(['process', 'power']);
      return { kind, atMs, target, durationMs: 200, count: 1 + random.below(16), how };
    }
    case 'clockJump':
      return { kind, atMs, target, count: random.pick([-60_000, -500, 500, 60_000, 3_600_000]) };
    case 'corrupt': {
      const where = random.pick(['wal', 'wal', 'snap', 'db'] as const);
      const how = random.pick(CORRUPTIONS);
      return { kind, atMs, target, durationMs: 200, where, how };
    }
    case 'restore':
      return { kind, atMs, count: random.pick([0, 1_000, 1_000_000]) };
    default:
      return { kind, atMs, target, durationMs };
  }
}

const CORRUPTIONS = [
  'bitFlip',
  'zeroedPage',
  'misdirectedPage',
  'tornSector',
  'lostDirectoryEntry',
  'truncated',
];
