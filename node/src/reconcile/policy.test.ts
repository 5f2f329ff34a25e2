import { expect, it } from 'vitest';
import { ACCEPTS, SCHEMES, nextPolicy, parsePolicy, targetPolicy, writePolicy } from './policy.ts';
import type { Policy } from './policy.ts';

const MODES = ['plain', 'server', 'mutual'] as const;
const ALL: Policy[] = ACCEPTS.flatMap((accept) =>
  SCHEMES.map((advertise) => ({ accept, advertise })),
);

function wayFrom(from: Policy, to: Policy): string[] {
  const way: string[] = [];
  for (let at: Policy | undefined = from; at !== undefined; at = nextPolicy(at, to)) {
    way.push(`${at.accept}/${at.advertise}`);
    if (way.length > 5) throw new Error(`no end: ${way.join(' ')}`);
  }
  return way;
}

it.each([
  ['plain', 'mutual', 'plain/http both/http both/https mutual/https'],
  ['plain', 'server', 'plain/http both/http both/https server/https'],
  ['mutual', 'plain', 'mutual/https both/https both/http plain/http'],
  ['server', 'plain', 'server/https both/https both/http plain/http'],
  ['server', 'mutual', 'server/https mutual/https'],
  ['mutual', 'server', 'mutual/https server/https'],
  ['mutual', 'mutual', 'mutual/https'],
] as const)('leads from %s to %s', (from, to, way) => {
  expect(wayFrom(targetPolicy(from), targetPolicy(to)).join(' ')).toBe(way);
});

it('leads from anything that somebody wrote by hand to any mode', () => {
  for (const from of ALL)
    for (const mode of MODES) {
      const { accept, advertise } = targetPolicy(mode);
      expect(wayFrom(from, targetPolicy(mode)).at(-1)).toBe(`${accept}/${advertise}`);
    }
});

it('closes a way in only when nobody is told to use it', () => {
  for (const mode of MODES)
    for (const other of MODES) {
      const way = wayFrom(targetPolicy(mode), targetPolicy(other));
      for (const [i, step] of way.entries()) {
        const [accept] = step.split('/');
        for (const near of [way[i - 1], way[i + 1]].filter((one) => one !== undefined)) {
          const scheme = near.split('/')[1];
          expect(accept === 'both' || (accept === 'plain') === (scheme === 'http')).toBe(true);
        }
      }
    }
});

it('reads what it writes, and nothing else', () => {
  for (const policy of ALL) expect(parsePolicy(writePolicy(policy))).toEqual(policy);
  for (const text of ['', '{}', 'null', '{"accept":"off","advertise":"http"}'])
    expect(parsePolicy(text)).toBeUndefined();
});
