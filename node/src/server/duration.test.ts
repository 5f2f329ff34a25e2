import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationMs } from './duration.ts';

test.each([
  ['0', 0],
  ['100ms', 100],
  ['1.5s', 1500],
  ['2h0m0s', 7_200_000],
  ['1m30s', 90_000],
  ['1500us', 1.5],
  ['1500µs', 1.5],
  ['1500μs', 1.5],
  ['250ns', 0.00025],
  ['.5m', 30_000],
  ['3.h', 10_800_000],
  ['-5s', -5000],
  ['+5s', 5000],
])('%s', (text, ms) => {
  expect(durationMs(text)).toBeCloseTo(ms, 9);
});

test.each(['', '5', '5 s', 's', '1d', '1.2.3s', 'ms5', '--5s', '5s ', '1e3s'])(
  '%j is no duration',
  (text) => {
    expect(durationMs(text)).toBeUndefined();
  },
);

test('parts add up, in whatever order', () => {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const part = fc.tuple(
    fc.nat(999),
    fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
  ); // its own keys
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const text = parts.map(([count, unit]) => `${count}${unit}`).join('');
      const sum = parts.reduce((total, [count, unit]) => total + count * units[unit], 0);
      expect(durationMs(text)).toBe(sum);
    }),
  );
});
