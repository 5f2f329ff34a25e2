// Links between machines that are cut or slow. Clients are machines, too.
import type { FaultKind } from '../scenario.ts';
import type { FaultMaker, Nemesis } from './nemesis.ts';

type NetworkFault =
  'partition' | 'cut' | 'cutOneWay' | 'cutClients' | 'slowNetwork' | 'interruptSnapshots';

const DEFAULT_MS = 1_000;

/** Cuts all links in both directions between the two sides, for a while: the target and the others, or any two. */
const partition: FaultMaker = (fault, nemesis) => {
  const { durationMs = DEFAULT_MS } = fault;
  const { random, cluster } = nemesis.parts;
  const names = random.shuffled(cluster.hosts.map((host) => host.name));
  if (names.length < 2) return undefined;
  const alone = fault.target === undefined ? undefined : nemesis.target(fault);
  const size = 1 + random.below(names.length - 1);
  const one = alone === undefined ? names.slice(0, size) : [alone.name];
  const other = names.filter((name) => !one.includes(name));
  cutBetween(nemesis, one, other, durationMs);
  return `${one.join(' ')} | ${other.join(' ')} for ${durationMs} ms`;
};

/** One pair cannot talk; everybody else can talk to both. */
const cut: FaultMaker = (fault, nemesis) => {
  const pair = pairOf(fault, nemesis);
  if (pair === undefined) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  cutBetween(nemesis, [pair.from], [pair.to], durationMs);
  return `${pair.from} | ${pair.to} for ${durationMs} ms`;
};

/** One machine is heard by nobody, or hears nobody, or one link works in one direction only. */
const cutOneWay: FaultMaker = (fault, nemesis) => {
  const { random, cluster, network } = nemesis.parts;
  const host = nemesis.target(fault);
  if (host === undefined || cluster.hosts.length < 2) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  const others = cluster.hosts.map(({ name }) => name).filter((name) => name !== host.name);
  const chosen = random.onceIn(2) ? others : [random.pick(others)];
  const isDeaf = random.onceIn(2);
  const links = chosen.map((other) => (isDeaf ? [other, host.name] : [host.name, other]));
  for (const [from = '', to = ''] of links) network.cut(from, to);
  nemesis.during(durationMs, () => {
    for (const [from = '', to = ''] of links) network.mend(from, to);
  });
  const way = isDeaf ? 'does not hear' : 'is not heard by';
  return `${host.name} ${way} ${chosen.join(' ')} for ${durationMs} ms`;
};

/** Some clients cannot reach one member, or are not answered by it: what they asked is left hanging. */
const cutClients: FaultMaker = (fault, nemesis) => {
  const { random, network, clients } = nemesis.parts;
  const host = nemesis.target(fault);
  const chosen = clients.filter(() => random.onceIn(2));
  if (host === undefined || chosen.length === 0) return undefined;
  const { durationMs = DEFAULT_MS } = fault;
  const isUnanswered = random.onceIn(2);
  const links = chosen.map((client) => (isUnanswered ? [host.name, client] : [client, host.name]));
  for (const [from = '', to = ''] of links) network.cut(from, to);
  nemesis.during(durationMs, () => {
    for (const [from = '', to = ''] of links) network.mend(from, to);
  });
  const way = isUnanswered ? 'does not reach' : 'is not reached by';
  return `${host.name} ${way} ${chosen.join(' ')} for ${durationMs} ms`;
};

const slowNetwork: FaultMaker = (fault, nemesis) => {
  const pair = pairOf(fault, nemesis);
  if (pair === undefined) return undefined;
  const { network, random } = nemesis.parts;
  const { durationMs = DEFAULT_MS } = fault;
  const byMs = random.pick([20, 100, 500]);
  network.slow(pair.from, pair.to, byMs);
  nemesis.during(durationMs, () => network.slow(pair.from, pair.to, 0));
  return `${pair.from} → ${pair.to} takes ${byMs} ms more for ${durationMs} ms`;
};

const interruptSnapshots: FaultMaker = ({ durationMs = DEFAULT_MS }, nemesis) => {
  const { cluster } = nemesis.parts;
  if (cluster.interruptsSnapshots) return undefined;
  cluster.interruptsSnapshots = true;
  nemesis.during(durationMs, () => (cluster.interruptsSnapshots = false));
  return `for ${durationMs} ms`;
};

function cutBetween(
  nemesis: Nemesis,
  one: readonly string[],
  other: readonly string[],
  durationMs: number,
): void {
  const { network } = nemesis.parts;
  const links = one.flatMap((a) => other.flatMap((b) => [[a, b] as const, [b, a] as const]));
  for (const [from, to] of links) network.cut(from, to);
  nemesis.during(durationMs, () => {
    for (const [from, to] of links) network.mend(from, to);
  });
}

function pairOf(
  fault: Parameters<FaultMaker>[0],
  nemesis: Nemesis,
): { readonly from: string; readonly to: string } | undefined {
  const from = nemesis.target(fault);
  const others = nemesis.parts.cluster.hosts.filter((host) => host !== from);
  if (from === undefined || others.length === 0) return undefined;
  return { from: from.name, to: nemesis.parts.random.pick(others).name };
}

export const networkFaults: Readonly<Record<NetworkFault & FaultKind, FaultMaker>> = {
  ...{ partition, cut, cutOneWay, cutClients, slowNetwork, interruptSnapshots },
};
