// The plan says what is lost, in every case that there is.
import { expect, test } from 'vitest';
import type { Manifest, RestorePlan } from '../../backup/index.ts';
import { planText } from './plan-text.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const BACKUP = {
  name: '20261121T110000Z-abcdef',
  savedAt: '2026-11-21T11:00:00Z',
  cluster: { name: 'shop', id: 'aa' },
  member: { id: '1', name: 'm1', role: 'follower' },
  content: { revision: 100, compactRevision: -1, hash: 1, keys: 7 },
  verified: null,
} as Manifest; // what the text tells of it

const plan = (more: Partial<RestorePlan> = {}): RestorePlan => ({
  cluster: 'shop',
  clusterId: 'aa',
  backup: BACKUP,
  participants: [],
  absent: [],
  now: { revision: 142, keys: 9 },
  revisionAfter: 1_142,
  revisionBump: 1_042,
  generation: 3,
  ...more,
});
const text = (more: Partial<RestorePlan>, safety?: string): string =>
  planText(plan(more), safety, NOW);

test('age, state, and what would be lost are told', () => {
  const told = text({}, '/backups');
  expect(told).toContain('saved 60 minutes ago from shop/m1, NOT verified');
  expect(told).toContain('what changed after revision 100: 42 revisions');
  expect(told).toContain('revision 1142, generation 3; the past is marked as compacted');
  expect(told).toContain('taken first, to /backups');
});

test.each([
  ['a single change', { now: { revision: 101, keys: 7 } }, '100: 1 revision\n'],
  ['no change', { now: { revision: 100, keys: 7 } }, 'nothing: there were no changes'],
  ['an earlier restore', { clusterId: 'bb' }, 'before an earlier restore of this cluster'],
  ['another cluster', { clusterId: 'bb', cluster: 'prod' }, 'the backup is of another cluster (aa'],
  ['no bump', { revisionBump: 0 }, 'clients that saw newer ones may take old data for new'],
  ['an absent member', { absent: [{ name: 'm3', reason: 'gone' }] }, 'm3 (gone): it is not part'],
  ['no safety', {}, 'NO backup of the present state is taken'],
])('%s is told', (_, more, expected) => {
  expect(text(more)).toContain(expected);
});
