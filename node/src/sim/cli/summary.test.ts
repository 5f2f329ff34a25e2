import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { reportOf, scenarioWith } from '../testing/fake-runner.ts';
import { Summary } from './summary.ts';
import { count, hoursText, runLine, secondsText } from './text.ts';

test('numbers are added up over all runs', () => {
  const summary = new Summary();
  const one = reportOf(scenarioWith({ seed: 5 }), {
    ...{ simulatedMs: 3_000_000, requests: 1200, answered: 1000, faults: { kill: 2, cut: 1 } },
  });
  const violations = [{ check: 'watch-order', atMs: 12, text: 'wrong' }];
  const other = reportOf(scenarioWith({ seed: 6, profile: 'crash' }), {
    ...{ simulatedMs: 1_500_000, requests: 34, answered: 30, faults: { cut: 7 }, elections: 4 },
    violations,
  });
  summary.add({ report: one, realMs: 900 });
  summary.add({ report: other, realMs: 2500 });
  summary.compared = 1;
  expect(summary.lines(3400, 2).map(stripVTControlCharacters)).toEqual([
    '2 seeds',
    '  simulated        1.25 hours in 3.4 s, 2 at a time',
    '  requests         1,234, 1,030 answered',
    '  elections        5',
    '  messages         100',
    '  disk operations  40',
    '  faults           10: cut 8, kill 2',
    '  run twice        1 seeds, to compare their traces',
    '  slowest          seed 6 (crash), 2.5 s for 25 min 0 s',
    '  FAILED seed 6 (crash): watch-order',
    '1 passed, 1 failed',
  ]);
});

test('nothing at all has a summary too', () => {
  expect(new Summary().lines(0, 1).at(-1)).toBe('0 passed, 0 failed');
});

test('a run is one line, which says whether it failed', () => {
  const report = reportOf(scenarioWith({ seed: 42 }), { faults: { kill: 3, cut: 4 } });
  const line = runLine({ report, realMs: 1234 });
  for (const part of ['seed         42', '3 members', '30.0 s simulated', '100 requests'])
    expect(line).toContain(part);
  expect(line).toContain('7 faults');
  expect(line).toContain(`trace ${'a'.repeat(12)} `);
  expect(line).not.toContain('FAILED');
  const failed = { ...report, violations: [{ check: 'x', atMs: 0, text: '' }] };
  expect(runLine({ report: failed, realMs: 1 })).toContain('FAILED');
});

test('numbers are easy to read', () => {
  expect([0, 999, 1000, 1234567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([12, 12_340, 320_400].map(secondsText)).toEqual(['12 ms', '12.3 s', '5 min 20 s']);
  expect(secondsText(119_700)).toBe('2 min 0 s');
  expect(hoursText(3_599_000)).toBe('59 min 59 s');
  expect(hoursText(3_600_000 * 1234.999)).toBe('1,235.00 hours');
});
