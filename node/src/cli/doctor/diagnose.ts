// From what was seen to what is wrong and what to do about it. Pure: the same observation gives the same findings.
import { formatId, sizeText } from '../../base/index.ts';
import type { Member } from '../../client/index.ts';
import type { EndpointObservation, Observation } from './observation.ts';

/** `critical`: requests fail, or data is at risk now. `warning`: one more fault, or time, makes it so. `note`: good to know. */
export type Severity = 'critical' | 'warning' | 'note';

export interface Finding {
  readonly severity: Severity;
  /** What is wrong, and where. */
  readonly what: string;
  /** What to do, as commands where there are any. */
  readonly advice: string;
}

const DAY_MS = 24 * 3600 * 1000;
const QUOTA_WARNING = 0.8;
/** Unused space that is worth a defragmentation. */
const FRAGMENTED_BYTES = 100 * 2 ** 20;
/** etcd's own limit at which it refuses requests is 5,000 entries behind. */
const BEHIND_ENTRIES = 1_000;
const SLOW_MS = 500;
const BACKUP_DUE_MS = 2 * DAY_MS;
const ORDER: readonly Severity[] = ['critical', 'warning', 'note'];

/** Worst first; empty when all is well. */
export function diagnose(seen: Observation): Finding[] {
  const answered = seen.endpoints.filter((one) => one.status !== undefined);
  if (answered.length === 0) return [nobodyAnswers(seen)];
  const findings = [
    ...quorum(seen),
    ...membership(seen),
    ...alarms(seen),
    ...contents(answered),
    ...answered.flatMap((one) => member(one, nameOf(one, seen.members))),
    ...seen.endpoints.flatMap((one) => certificate(one, seen.nowMs)),
    ...backup(seen),
  ];
  return findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

function nobodyAnswers({ endpoints }: Observation): Finding {
  const reasons = endpoints.map(({ endpoint, error }) => `${endpoint}: ${error ?? 'no answer'}`);
  const isTls = reasons.some((reason) => /certificate|tls|ssl|wrong version number/i.test(reason));
  return {
    severity: 'critical',
    what: `no member answers. ${reasons.join('; ')}`,
    advice: isTls
      ? 'give the certificates that the cluster trusts (--cacert, --cert, --key) and the right scheme in --endpoints'
      : 'see whether the members run and whether --endpoints names their client URLs; if their disks are lost, `binnacle recover` and `binnacle restore` are the ways back',
  };
}

function quorum(seen: Observation): Finding[] {
  const voters = seen.members.filter((one) => !one.isLearner);
  const silent = voters.filter((voter) => !answers(seen, voter));
  const needed = Math.floor(voters.length / 2) + 1;
  const alive = voters.length - silent.length;
  const names = silent.map(titleOf).sort().join(', ');
  if (!seen.hasQuorum && alive < needed) {
    return [
      {
        severity: 'critical',
        what: `the quorum is lost: ${alive} of ${voters.length} voters answer, ${needed} are needed. Silent: ${names}`,
        advice: `start ${names} again with their disks: that loses nothing. Only if those disks are gone for good: \`binnacle recover\` goes on from the newest disk that is left`,
      },
    ];
  }
  if (!seen.hasQuorum) {
    return [
      {
        severity: 'critical',
        what: `${alive} of ${voters.length} voters answer, yet they have no leader`,
        advice:
          'the members cannot reach each other: look for "rejected", "timeout" and certificate errors in their logs, and see that the peer port (2380) is open between them',
      },
    ];
  }
  if (silent.length === 0) return [];
  const spare = alive - needed;
  return [
    {
      severity: 'warning',
      what: `${names} ${silent.length === 1 ? 'does' : 'do'} not answer; ${spare === 0 ? 'one more failure stops the cluster' : `${spare} more may fail before the cluster stops`}`,
      advice:
        'start it again; if its disk is lost, remove the member and add it anew with an empty disk (on Kubernetes this happens by itself)',
    },
  ];
}

function membership(seen: Observation): Finding[] {
  const findings: Finding[] = [];
  const voters = seen.members.filter((one) => !one.isLearner);
  if (voters.length === 1) {
    findings.push({
      severity: 'note',
      what: 'there is one voter only: while it is away there is no cluster, and its disk is the only copy',
      advice: 'run 3 members',
    });
  } else if (voters.length % 2 === 0) {
    findings.push({
      severity: 'warning',
      what: `${voters.length} voters survive no more failures than ${voters.length - 1} would, and there is one more that can fail`,
      advice: `run ${voters.length - 1} or ${voters.length + 1} members`,
    });
  }
  for (const learner of seen.members.filter((one) => one.isLearner)) {
    findings.push({
      severity: 'note',
      what: `${titleOf(learner)} is a learner: it has no vote and serves no reads but its own`,
      advice: `wait until it has caught up, or \`binnacle ctl member promote ${formatId(learner.id)}\``,
    });
  }
  for (const absent of seen.members.filter((one) => one.name === '')) {
    findings.push({
      severity: 'warning',
      what: `member ${formatId(absent.id)} (${absent.peerUrls.join(',')}) was added but never started; it counts for the quorum`,
      advice: `start it with --initial-cluster-state existing, or \`binnacle ctl member remove ${formatId(absent.id)}\``,
    });
  }
  return [...findings, ...leaders(seen)];
}

function leaders({ endpoints }: Observation): Finding[] {
  const named = new Set<bigint>();
  for (const { status } of endpoints) {
    if (status !== undefined && status.leader !== 0n) named.add(status.leader);
  }
  if (named.size < 2) return [];
  return [
    {
      severity: 'warning',
      what: `the members name different leaders: ${[...named].map(formatId).join(', ')}`,
      advice:
        'ask again in a few seconds; if it stays so, some members cannot reach the others, or the endpoints belong to different clusters',
    },
  ];
}

function alarms(seen: Observation): Finding[] {
  return seen.alarms.map(({ memberId, alarm }) => {
    const member = seen.members.find((one) => one.id === memberId);
    const where = member === undefined ? formatId(memberId) : titleOf(member);
    if (alarm === 'nospace') {
      return {
        severity: 'critical',
        what: `${where} has raised NOSPACE: the cluster takes no writes but deletes`,
        advice:
          'delete what is not needed, `binnacle ctl compact REVISION`, `binnacle ctl defrag --cluster`, then `binnacle ctl alarm disarm`; or raise the quota',
      };
    }
    return {
      severity: 'critical',
      what: `${where} has raised CORRUPT: its contents differ from those of the others`,
      advice:
        'find the members that agree with the majority (`binnacle ctl endpoint hashkv --cluster`), then remove the one that does not, and add it anew with an empty disk',
    };
  });
}

/** The same revision has the same hash everywhere. */
function contents(answered: readonly EndpointObservation[]): Finding[] {
  const hashed = answered.filter((one) => one.hash !== undefined);
  const groups = Map.groupBy(
    hashed,
    ({ hash }) => `${hash?.hashRevision} ${hash?.compactRevision} ${hash?.hash}`,
  );
  const compacted = new Set(hashed.map(({ hash }) => hash?.compactRevision));
  // A compaction that has come to some and not yet to others gives them different hashes of the same contents.
  if (groups.size < 2 || compacted.size > 1) return [];
  const parts = [...groups.values()].map((group) => group.map((one) => one.endpoint).join(', '));
  return [
    {
      severity: 'critical',
      what: `the members' contents differ at revision ${hashed[0]?.hash?.hashRevision}: ${parts.join(' | ')}`,
      advice:
        'save a backup of each side, then remove the member that is in the minority and add it anew with an empty disk',
    },
  ];
}

function member(one: EndpointObservation, name: string): Finding[] {
  const { status, tookMs } = one;
  if (status === undefined) return [];
  const findings: Finding[] = [];
  const warn = (what: string, advice: string): void =>
    void findings.push({ severity: 'warning', what: `${name}: ${what}`, advice });
  const { dbSize, dbSizeInUse, dbSizeQuota } = status;
  if (dbSizeQuota > 0 && dbSize > dbSizeQuota * QUOTA_WARNING) {
    const percent = Math.round((dbSize / dbSizeQuota) * 100);
    warn(
      `the database has ${sizeText(dbSize)}, ${percent} % of its quota; at 100 % the cluster takes no more writes`,
      dbSizeInUse < dbSize / 2
        ? `half of it is free space: \`binnacle ctl defrag --endpoints ${one.endpoint}\``
        : 'compact (or switch auto-compaction on), defragment, or raise the quota',
    );
  } else if (dbSize - dbSizeInUse > FRAGMENTED_BYTES && dbSizeInUse < dbSize / 2) {
    findings.push({
      severity: 'note',
      what: `${name}: ${sizeText(dbSize - dbSizeInUse)} of the database's ${sizeText(dbSize)} are free space`,
      advice: `\`binnacle ctl defrag --endpoints ${one.endpoint}\`, the leader last`,
    });
  }
  const behind = status.raftIndex - status.raftAppliedIndex;
  if (behind > BEHIND_ENTRIES)
    warn(`${behind} committed entries are not applied yet`, 'its disk or processor is too slow');
  if (tookMs > SLOW_MS)
    warn(`it took ${Math.round(tookMs)} ms to answer`, 'look at its load, disk and network');
  return findings;
}

function certificate(one: EndpointObservation, nowMs: number): Finding[] {
  const { certificate: shown, endpoint } = one;
  if (shown === undefined) return [];
  const leftDays = Math.floor((shown.notAfterMs - nowMs) / DAY_MS);
  const lifetimeMs = shown.notAfterMs - shown.notBeforeMs;
  // It is renewed in its last third; in its last sixth that has not happened.
  if (shown.notAfterMs - nowMs > lifetimeMs / 6) return [];
  const isOver = shown.notAfterMs <= nowMs;
  return [
    {
      severity: isOver || leftDays < 7 ? 'critical' : 'warning',
      what: `${endpoint}: the certificate (${shown.subject}) ${isOver ? 'has expired' : `expires in ${leftDays} days`}`,
      advice:
        'renewal has failed: see the last job (`kubectl get jobs`, its log), or replace the certificate; members take a new file over by themselves',
    },
  ];
}

function backup({ backup: status, nowMs }: Observation): Finding[] {
  if (status === undefined) return [];
  const advice = `see the log of the last backup job (${status.file})`;
  if (status.lastVerifiedMs === undefined) {
    const reason = status.lastError === undefined ? '' : `: ${status.lastError}`;
    return [{ severity: 'warning', what: `no backup was verified yet${reason}`, advice }];
  }
  if (nowMs - status.lastVerifiedMs < BACKUP_DUE_MS) return [];
  const days = Math.floor((nowMs - status.lastVerifiedMs) / DAY_MS);
  const reason = status.lastError === undefined ? '' : `: ${status.lastError}`;
  return [
    { severity: 'warning', what: `the last verified backup is ${days} days old${reason}`, advice },
  ];
}

function answers(seen: Observation, voter: Member): boolean {
  return seen.endpoints.some(({ status }) => status?.header.memberId === voter.id);
}

function titleOf({ id, name }: Member): string {
  return name === '' ? formatId(id) : name;
}

function nameOf({ status, endpoint }: EndpointObservation, members: readonly Member[]): string {
  const found = members.find(({ id }) => id === status?.header.memberId);
  return found === undefined ? endpoint : titleOf(found);
}
