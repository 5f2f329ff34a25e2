import { expect, test } from 'vitest';
import type { Member, StatusResult } from '../../client/index.ts';
import { diagnose } from './diagnose.ts';
import type { EndpointObservation, Observation } from './observation.ts';

const DAY_MS = 24 * 3600 * 1000;
const NOW_MS = Date.UTC(2026, 0, 1);

function memberOf(i: number): Member {
  const url = `https://10.0.0.${i}`;
  const urls = { peerUrls: [`${url}:2380`], clientUrls: [`${url}:2379`] };
  return { id: BigInt(i), name: `m${i}`, ...urls, isLearner: false };
}

function statusOf(i: number, changes: Partial<StatusResult> = {}): StatusResult {
  return {
    header: { clusterId: 9n, memberId: BigInt(i), revision: 100, raftTerm: 2 },
    version: '3.7.3',
    storageVersion: '3.7.0',
    dbSize: 1_000_000,
    dbSizeInUse: 900_000,
    dbSizeQuota: 2 ** 31,
    leader: 1n,
    raftTerm: 2,
    raftIndex: 120,
    raftAppliedIndex: 120,
    isLearner: false,
    errors: [],
    ...changes,
  };
}

function endpointOf(i: number, changes: Partial<EndpointObservation> = {}): EndpointObservation {
  const header = statusOf(i).header;
  return {
    endpoint: `https://10.0.0.${i}:2379`,
    status: statusOf(i),
    error: undefined,
    tookMs: 2,
    hash: { header, hash: 77, hashRevision: 100, compactRevision: 1 },
    certificate: {
      subject: 'CN=m',
      notBeforeMs: NOW_MS - 10 * DAY_MS,
      notAfterMs: NOW_MS + 300 * DAY_MS,
    },
    ...changes,
  };
}

function seen(changes: Partial<Observation> = {}): Observation {
  return {
    nowMs: NOW_MS,
    endpoints: [1, 2, 3].map((i) => endpointOf(i)),
    members: [1, 2, 3].map(memberOf),
    hasQuorum: true,
    alarms: [],
    backup: undefined,
    ...changes,
  };
}

const silent = (i: number, error = 'connect ECONNREFUSED'): EndpointObservation =>
  endpointOf(i, { status: undefined, error, hash: undefined, certificate: undefined });

const summary = (observation: Observation): string[] =>
  diagnose(observation).map(({ severity, what }) => `${severity}: ${what}`);

test('a sound cluster has nothing to be told', () => {
  expect(diagnose(seen())).toEqual([]);
});

test('a member that is away leaves a warning that counts what may still fail', () => {
  const endpoints = [endpointOf(1), endpointOf(2), silent(3)];
  expect(summary(seen({ endpoints }))).toEqual([
    'warning: m3 does not answer; one more failure stops the cluster',
  ]);
});

test('a lost quorum is critical, names who is silent, and recovery is the last resort', () => {
  const endpoints = [endpointOf(1), silent(2), silent(3)];
  const [finding] = diagnose(seen({ endpoints, hasQuorum: false }));
  expect(finding?.severity).toBe('critical');
  expect(finding?.what).toMatch(/quorum is lost: 1 of 3 voters answer, 2 are needed.*m2, m3/);
  expect(finding?.advice).toMatch(/^start m2, m3 again.*binnacle recover/s);
});

test('members that all answer and have no leader cannot reach each other', () => {
  expect(summary(seen({ hasQuorum: false }))[0]).toMatch(/3 of 3 voters answer, yet .* no leader/);
});

test('nobody at all: refused connections and refused certificates get different advice', () => {
  const refused = diagnose(seen({ endpoints: [silent(1)], members: [], hasQuorum: false }));
  expect(refused[0]?.advice).toContain('--endpoints names their client URLs');
  const endpoints = [silent(1, 'unable to verify the first certificate')];
  const untrusted = diagnose(seen({ endpoints, members: [], hasQuorum: false }));
  expect(untrusted[0]?.advice).toContain('--cacert');
});

test('alarms, with the commands that end them', () => {
  const alarms = [{ memberId: 2n, alarm: 'nospace' as const }];
  const [finding] = diagnose(seen({ alarms }));
  expect(finding?.what).toMatch(/m2 has raised NOSPACE/);
  expect(finding?.advice).toMatch(/compact.*defrag.*alarm disarm/);
});

test('contents that differ are critical; a compaction under way is not a difference', () => {
  const other = { header: statusOf(3).header, hash: 78, hashRevision: 100, compactRevision: 1 };
  const differing = [endpointOf(1), endpointOf(2), endpointOf(3, { hash: other })];
  expect(summary(seen({ endpoints: differing }))[0]).toMatch(/^critical: .*differ at revision 100/);
  const compacted = endpointOf(3, { hash: { ...other, compactRevision: 50 } });
  expect(diagnose(seen({ endpoints: [endpointOf(1), endpointOf(2), compacted] }))).toEqual([]);
});

test.each([
  [{ dbSize: 1.9 * 2 ** 30, dbSizeInUse: 1.8 * 2 ** 30 }, /warning: m2: .*95 % of its quota/],
  [{ dbSize: 1.9 * 2 ** 30, dbSizeInUse: 2 ** 20 }, /warning: m2: .*95 % of its quota/],
  [{ dbSize: 2 ** 30, dbSizeInUse: 2 ** 20 }, /note: m2: .*free space/],
  [{ raftIndex: 9_000, raftAppliedIndex: 120 }, /warning: m2: 8880 committed entries/],
])('what one member tells: %o', (status, expected) => {
  const endpoints = [endpointOf(1), endpointOf(2, { status: statusOf(2, status) }), endpointOf(3)];
  expect(summary(seen({ endpoints }))).toEqual([expect.stringMatching(expected)]);
});

test.each([
  [3, 'critical', /expires in 3 days/],
  [40, 'warning', /expires in 40 days/],
  [-1, 'critical', /has expired/],
])('a certificate with %i days left', (days, severity, expected) => {
  const certificate = {
    subject: 'CN=R-server',
    notBeforeMs: NOW_MS - 325 * DAY_MS,
    notAfterMs: NOW_MS + days * DAY_MS,
  };
  const endpoints = [endpointOf(1, { certificate }), endpointOf(2), endpointOf(3)];
  const [finding] = diagnose(seen({ endpoints }));
  expect(finding).toMatchObject({ severity, what: expect.stringMatching(expected) });
});

test('membership: even numbers, learners, members that never started', () => {
  const members = [1, 2, 3, 4].map(memberOf);
  const endpoints = members.map((_, i) => endpointOf(i + 1));
  expect(summary(seen({ members, endpoints }))).toEqual([
    expect.stringMatching(/warning: 4 voters survive no more failures than 3/),
  ]);
  const learner = { ...memberOf(4), isLearner: true };
  const unstarted = { ...learner, name: '', clientUrls: [] };
  expect(summary(seen({ members: [1, 2, 3].map(memberOf).concat(unstarted) }))).toEqual([
    expect.stringMatching(/warning: member 4 .* never started/),
    expect.stringMatching(/note: 4 is a learner/),
  ]);
});

test('backups that are old, or never were, with the reason of the last failure', () => {
  const file = 'status.json';
  const backup = { file, lastVerifiedMs: NOW_MS - 5 * DAY_MS, lastError: 'no such bucket' };
  expect(summary(seen({ backup }))).toEqual([
    'warning: the last verified backup is 5 days old: no such bucket',
  ]);
  const never = { file, lastVerifiedMs: undefined, lastError: undefined };
  expect(summary(seen({ backup: never }))).toEqual(['warning: no backup was verified yet']);
  const fresh = { file, lastVerifiedMs: NOW_MS - DAY_MS, lastError: undefined };
  expect(diagnose(seen({ backup: fresh }))).toEqual([]);
});
