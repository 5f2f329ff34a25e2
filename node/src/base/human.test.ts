import { expect, test } from 'vitest';
import { durationText, sizeText } from './human.ts';

test('durations look as Go prints them', () => {
  const cases = [0, 0.0005, 0.0125, 1.5, 999.999999, 1000, 2500, 60_000, 62_500, 3_661_000];
  expect(cases.map(durationText)).toEqual([
    '0s',
    '500ns',
    '12.5µs',
    '1.5ms',
    '999.999999ms',
    '1s',
    '2.5s',
    '1m0s',
    '1m2.5s',
    '1h1m1s',
  ]);
});

test('sizes look as go-humanize prints them', () => {
  const cases = [0, 9, 10, 999, 1000, 1024, 16384, 20480, 999_950, 1_000_000, 8_600_000_000];
  expect(cases.map(sizeText)).toEqual([
    '0 B',
    '9 B',
    '10 B',
    '999 B',
    '1.0 kB',
    '1.0 kB',
    '16 kB',
    '20 kB',
    '1000 kB',
    '1.0 MB',
    '8.6 GB',
  ]);
});
