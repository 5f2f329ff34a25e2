import { expect, it } from 'vitest';
import { parseReport, shortfalls, type Gate, type MemberReport } from './gates.ts';
import { testKit } from './testing/kit.ts';

const BODY = JSON.stringify({
  memberId: '8e9e05c52164694d',
  policy: { accept: 'both', advertise: 'https' },
  advertise: { peer: ['https://p'], client: ['https://c'] },
  server: { leaf: 'AA', trust: ['01', '02'], notAfter: '2027-01-01T00:00:00Z' },
  peer: { leaf: 'bb', trust: ['01', '02'], notAfter: '2027-01-01T00:00:00Z' },
  knownAdvertise: { peer: { '8e9e05c52164694d': ['https://binnacle-0.h.c.svc:2380'] } },
  dialed: { peer: { '2': 'https://binnacle-1.h.c.svc:2380', '3': null } },
});
const REPORT = parseReport(BODY);
const GATE: Gate = { title: 'all', policy: { accept: 'both', advertise: 'https' } };

function against(gate: Gate, change: Partial<MemberReport> = {}): string | undefined {
  const reports = new Map([['binnacle-0', { ...REPORT, ...change }]]);
  return shortfalls(gate, testKit(), 1, reports)[0]?.has;
}

it('reads a report', () => {
  expect(REPORT).toEqual({
    policy: { accept: 'both', advertise: 'https' },
    advertise: ['https://p', 'https://c'],
    server: { leaf: 'aa', trust: ['01', '02'] },
    peer: { leaf: 'bb', trust: ['01', '02'] },
    knownPeerUrls: ['https://binnacle-0.h.c.svc:2380'],
    dialedUrls: ['https://binnacle-1.h.c.svc:2380'],
  });
  const empty = parseReport('{"policy":null,"server":null,"peer":null}');
  expect(empty).toMatchObject({ policy: undefined, server: undefined, knownPeerUrls: [] });
  for (const text of ['', '7', '{"server":{}}']) expect(() => parseReport(text)).toThrow();
});

it('says what each pod still has', () => {
  expect(against(GATE)).toBeUndefined();
  expect(against(GATE, { policy: undefined })).toBe('has loaded no policy');
  expect(against(GATE, { policy: { accept: 'plain', advertise: 'http' } })).toBe(
    'has the policy "accept plain, advertise http"',
  );
  expect(against(GATE, { advertise: ['http://c'] })).toBe('still gives out http://c');
  const known = { knownPeerUrls: ['http://binnacle-0.h.c.svc:2380'] };
  expect(against(GATE, known)).toBe('still knows a member by http://binnacle-0.h.c.svc:2380');
  const dialed = { dialedUrls: ['http://binnacle-0.h.c.svc:2380'] };
  expect(against(GATE, dialed)).toBe('still has a stream by http://binnacle-0.h.c.svc:2380');
  expect(against({ title: '', trusts: ['03'] })).toBe('does not trust CA 03 yet (server)');
  expect(against({ title: '', trusts: ['01'] })).toBeUndefined();
  expect(against({ title: '', trustsOnly: ['01'] })).toBe('still trusts CA 02 (server)');
  const leaves = { server: 'aa', peer: 'cc' };
  expect(against({ title: '', leaves })).toBe('still shows peer certificate bb, and not cc');
  expect(against({ title: '', leaves }, { peer: undefined })).toBe(
    'has loaded no peer certificates',
  );
});

it('does not wait for the URL of a member that was scaled away, and for that of a stranger', () => {
  const away = { knownPeerUrls: ['http://binnacle-4.h.c.svc:2380'] };
  expect(against(GATE, away)).toBeUndefined();
  expect(against(GATE, { knownPeerUrls: ['http://elsewhere:2380'] })).toContain('elsewhere');
});

it('names every pod that is missing, whatever the reason', () => {
  const reports = new Map<string, MemberReport | string>([
    ['binnacle-0', REPORT],
    ['binnacle-1', 'has no pod'],
  ]);
  expect(shortfalls(GATE, testKit(), 3, reports)).toEqual([
    { pod: 'binnacle-1', has: 'has no pod' },
    { pod: 'binnacle-2', has: 'was not asked' },
  ]);
  expect(shortfalls(GATE, testKit(), 0, reports)).toEqual([]);
});
