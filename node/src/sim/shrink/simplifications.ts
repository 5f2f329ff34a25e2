// Ways to make a scenario simpler. Whether it still fails then is for the shrinker to find out. The calm time stays: it is
// what a cluster may take to recover, and with less of it any scenario fails.
import type { RunReport } from '../report.ts';
import { FAULT_KINDS, type ClientCounts, type PlannedFault, type Scenario } from '../scenario.ts';

/** The simpler scenario; the same one where this way does not apply. `report` is that of its failing run. */
export type Simplification = (scenario: Scenario, report: RunReport) => Scenario;

/** From when nothing more was needed: what happened later cannot have led to the violation. */
const endAtViolation: Simplification = (scenario, report) => {
  const atMs = Math.ceil(report.violations[0]?.atMs ?? 0);
  return atMs > 0 && atMs < scenario.faultMs ? endAt(scenario, atMs) : scenario;
};

const endAtLastFault: Simplification = (scenario) => {
  const ends = scenario.faults.map((fault) => fault.atMs + (fault.durationMs ?? 0));
  const endMs = Math.ceil(Math.max(0, ...ends) + 1);
  return endMs < scenario.faultMs ? { ...scenario, faultMs: endMs } : scenario;
};

const MIN_FAULT_MS = 1000;

function endAt(scenario: Scenario, faultMs: number): Scenario {
  return { ...scenario, faultMs, faults: scenario.faults.filter(({ atMs }) => atMs < faultMs) };
}

const halveFaultTime: Simplification = (scenario) =>
  scenario.faultMs > MIN_FAULT_MS ? endAt(scenario, Math.ceil(scenario.faultMs / 2)) : scenario;

/** Everything happens sooner. */
const hurry: Simplification = (scenario) =>
  scenario.faultMs <= MIN_FAULT_MS
    ? scenario
    : {
        ...scenario,
        faultMs: Math.ceil(scenario.faultMs / 2),
        faults: scenario.faults.map((fault) => ({ ...fault, atMs: Math.floor(fault.atMs / 2) })),
      };

const withFaults = (scenario: Scenario, keeps: (fault: PlannedFault) => boolean): Scenario => ({
  ...scenario,
  faults: scenario.faults.filter(keeps),
});

const withoutFaultKinds: readonly Simplification[] = FAULT_KINDS.map(
  (kind) => (scenario) => withFaults(scenario, (fault) => fault.kind !== kind),
);

const crashOnce: Simplification = (scenario) => ({
  ...scenario,
  faults: scenario.faults.map(({ again: _, ...fault }) => fault),
});

type ClientKind = Exclude<keyof ClientCounts, 'pauseMs' | 'keys'>;
// The names are those of the type, which a Record must have all of.
const CLIENT_KINDS = Object.keys({
  maintenance: 0,
  compact: 0,
  lock: 0,
  lease: 0,
  watch: 0,
  serial: 0,
  txn: 0,
  kv: 0,
} satisfies Record<ClientKind, number>) as ClientKind[];

const withClients = (scenario: Scenario, change: Partial<ClientCounts>): Scenario => ({
  ...scenario,
  clients: { ...scenario.clients, ...change },
});

const withoutClientKinds: readonly Simplification[] = CLIENT_KINDS.map(
  (kind) => (scenario) => withClients(scenario, { [kind]: 0 }),
);

const fewerClients: readonly Simplification[] = CLIENT_KINDS.flatMap((kind) => [
  (scenario) => withClients(scenario, { [kind]: Math.min(1, scenario.clients[kind]) }),
  (scenario) => withClients(scenario, { [kind]: Math.ceil(scenario.clients[kind] / 2) }),
]);

const fewerKeys: readonly Simplification[] = [1, 2, 4].map(
  (keys) => (scenario) => withClients(scenario, { keys: Math.min(keys, scenario.clients.keys) }),
);

/** Rates that make every run noisy, all together and then one by one. */
const quieter: readonly Simplification[] = [
  (scenario) => quietNetwork(quietDisk({ ...scenario, clockDriftPpm: 0, flags: [], versions: [] })),
  (scenario) => quietNetwork(scenario),
  (scenario) => ({ ...scenario, network: { ...scenario.network, lossOneIn: 0 } }),
  (scenario) => ({ ...scenario, network: { ...scenario.network, duplicateOneIn: 0 } }),
  (scenario) => ({ ...scenario, network: { ...scenario.network, reorderOneIn: 0 } }),
  (scenario) => ({ ...scenario, network: { ...scenario.network, jitterMs: 0 } }),
  (scenario) => quietDisk(scenario),
  (scenario) => ({ ...scenario, clockDriftPpm: 0 }),
  (scenario) => ({ ...scenario, versions: [] }),
  (scenario) => ({ ...scenario, flags: [] }),
];

function quietNetwork(scenario: Scenario): Scenario {
  const rates = { jitterMs: 0, lossOneIn: 0, duplicateOneIn: 0, reorderOneIn: 0 };
  return { ...scenario, network: { ...scenario.network, ...rates } };
}

function quietDisk(scenario: Scenario): Scenario {
  return { ...scenario, disk: { ...scenario.disk, slowOneIn: 0, slowMs: 0 } };
}

const fewerMembers: readonly Simplification[] = [
  (scenario) => withMachines(scenario, scenario.members, 0),
  (scenario) => withMachines(scenario, Math.min(3, scenario.members), scenario.spareHosts),
  (scenario) => withMachines(scenario, 1, scenario.spareHosts),
];

function withMachines(scenario: Scenario, members: number, spareHosts: number): Scenario {
  const hosts = members + spareHosts;
  const exists = ({ target }: PlannedFault): boolean =>
    typeof target !== 'number' || target < hosts;
  return {
    ...withFaults(scenario, exists),
    members,
    spareHosts,
    flags: scenario.flags.slice(0, hosts),
    versions: scenario.versions.slice(0, hosts),
  };
}

/** Leaves out one flag everywhere; the names are those of the scenario. */
function withoutFlag(name: string): Simplification {
  return (scenario) => ({
    ...scenario,
    flags: scenario.flags.map(({ [name]: _, ...others }) => others),
  });
}

/** What is tried before each single fault is questioned: big pieces, so that all later runs are quick. */
export const COARSE: readonly Simplification[] = [
  endAtViolation,
  ...quieter.slice(0, 1),
  ...withoutFaultKinds,
  ...withoutClientKinds,
];

/** What is tried after it. */
export function fine({ flags }: Scenario): readonly Simplification[] {
  const flagNames = [...new Set(flags.flatMap((each) => Object.keys(each)))];
  return [
    ...fewerMembers,
    endAtLastFault,
    halveFaultTime,
    hurry,
    ...fewerClients,
    ...fewerKeys,
    ...quieter.slice(1),
    ...flagNames.map(withoutFlag),
    crashOnce,
  ];
}
