import { expect, test } from 'vitest';
import { agoText, statusLines } from './status-text.ts';
import type { StatusModel } from './status-model.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const member = { node: 'node-1', restarts: 0, revision: 1_234, dbSize: 25_000 };
const model: StatusModel = {
  name: 'binnacle',
  image: 'localhost/binnacle:1',
  desired: 3,
  members: [
    { ...member, name: 'binnacle-0', state: 'ready', role: 'leader' },
    { ...member, name: 'binnacle-1', state: 'ready', role: 'follower' },
    {
      ...member,
      name: 'binnacle-2',
      state: 'ErrImagePull',
      role: undefined,
      revision: undefined,
      dbSize: undefined,
    },
  ],
  alarms: [],
  policy: { accept: 'mutual', advertise: 'https' },
  certificateNotAfter: new Date('2027-11-21T12:00:00Z'),
  reconcile: { job: 'binnacle-reconcile-1', state: 'done', message: '' },
  backup: {
    lastRunAt: '2026-11-21T11:00:00Z',
    lastVerifiedAt: '2026-11-21T11:00:00Z',
    lastVerified: { name: 'b1', revision: 1_200, keys: 1, bytes: 30_000 },
    lastError: '',
    verifiedBackups: 4,
    destination: '/backup',
  },
};
const textOf = (more: Partial<StatusModel>): string =>
  statusLines({ ...model, ...more }, NOW, false).join('\n');

test('members, certificates and the last verified backup', () => {
  expect(textOf({})).toBe(`binnacle  2 of 3 members ready · localhost/binnacle:1

  MEMBER       STATE          ROLE       REVISION   DB SIZE   RESTARTS   NODE
  binnacle-0   ready          leader        1,234     25 kB          0   node-1
  binnacle-1   ready          follower      1,234     25 kB          0   node-1
  binnacle-2   ErrImagePull   –                 –         –          0   node-1

  TLS         mutual · certificates until 2027-11-21 (365 days), renewed by themselves
  backup      verified: b1, 60 minutes ago, revision 1,200, 1 key, 30 kB · 4 in /backup`);
});

test.each<[Partial<StatusModel>, RegExp]>([
  [{ policy: { accept: 'plain', advertise: 'http' } }, /TLS +none/],
  [{ policy: { accept: 'both', advertise: 'http' } }, /on its way: TLS and plain are let in/],
  [{ policy: undefined }, /not set up yet/],
  [{ certificateNotAfter: undefined }, /cannot be read from here/],
  [{ backup: undefined }, /none yet/],
  [{ backup: { ...model.backup!, lastVerified: null } }, /none verified yet/],
  [{ backup: { ...model.backup!, lastError: 'disk full' } }, /the last run failed: disk full/],
  [
    { reconcile: { job: 'j', state: 'failed', message: 'BackoffLimitExceeded' } },
    /j: failed: BackoffLimitExceeded/,
  ],
  [{ alarms: ['alarm:NOSPACE'] }, /! alarm:NOSPACE/],
])('%j', (more, text) => {
  expect(textOf(more)).toMatch(text);
});

test('colours do not change the words', () => {
  const painted = statusLines(model, NOW, true).join('\n');
  expect(painted.replaceAll(/\x1b\[\d+m/g, '')).toBe(textOf({})); // eslint-disable-line no-control-regex -- colours are control characters
});

test('ages', () => {
  expect([20_000, 60_000, 7_200_000, 90 * 3_600_000].map(agoText)).toEqual([
    'less than a minute',
    '1 minute',
    '2 hours',
    '4 days',
  ]);
});
