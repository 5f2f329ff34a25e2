// What an operator does to a living cluster, at the worst of times: members added, removed and replaced, leadership moved,
// databases defragmented, everything restored from a snapshot.
import { armCrash } from './machine-faults.ts';
import type { FaultMaker } from './nemesis.ts';

type MemberFault =
  | 'addMember'
  | 'addLearner'
  | 'removeMember'
  | 'replaceMember'
  | 'moveLeader'
  | 'defragment'
  | 'restore';

/** A removal below this could leave a cluster that no fault may touch any more. */
const FEWEST_MEMBERS = 3;

const add =
  (isLearner: boolean): FaultMaker =>
  (_fault, nemesis) => {
    const { cluster, operator } = nemesis.parts;
    const spare = cluster.hosts.find(
      ({ entry, process }) => entry === undefined && process === undefined,
    );
    if (spare === undefined || operator.isBusy) return undefined;
    operator.add(spare, isLearner);
    return `${spare.name}${isLearner ? ' as a learner' : ''}`;
  };

const removeMember: FaultMaker = (fault, nemesis) => {
  const { operator } = nemesis.parts;
  const host = nemesis.target(fault);
  if (host?.entry === undefined || operator.isBusy) return undefined;
  if (nemesis.memberHosts().length <= FEWEST_MEMBERS) return undefined;
  operator.remove(host);
  return host.name;
};

/** A member is given up, with its disk, and a new one takes its place under the same address. */
const replaceMember: FaultMaker = (fault, nemesis) => {
  const { operator } = nemesis.parts;
  const host = nemesis.target(fault);
  if (host?.entry === undefined || !nemesis.mayDamage(host)) return undefined;
  host.kill('power');
  host.disk.wipe();
  nemesis.damaged = host;
  operator.replace(host);
  nemesis.watchDamaged();
  return host.name;
};

const moveLeader: FaultMaker = (_fault, nemesis) => {
  const { operator } = nemesis.parts;
  const leader = nemesis.parts.cluster.leader();
  const others = nemesis.memberHosts().filter((host) => host !== leader);
  if (leader === undefined || others.length === 0) return undefined;
  const target = nemesis.parts.random.pick(others);
  const id = target.process?.member?.localId;
  if (id === undefined) return undefined;
  operator.moveLeader(leader, id);
  return `${leader.name} → ${target.name}`;
};

const defragment: FaultMaker = (fault, nemesis) => {
  const host = nemesis.target(fault);
  if (host?.process?.isServing !== true) return undefined;
  nemesis.parts.operator.defragment(host);
  if (fault.count === undefined) return host.name;
  return `${host.name}, which crashes ${armCrash(host, { ...fault, where: 'db' }, nemesis)}`;
};

const restore: FaultMaker = ({ count = 0 }, nemesis) => {
  const { operator } = nemesis.parts;
  if (operator.isBusy || nemesis.disturbances > 0 || !nemesis.allServe()) return undefined;
  operator.restore(nemesis.memberHosts(), count);
  return `revisions move on by ${count}`;
};

export const memberFaults: Readonly<Record<MemberFault, FaultMaker>> = {
  addMember: add(false),
  addLearner: add(true),
  ...{ removeMember, replaceMember, moveLeader, defragment, restore },
};
