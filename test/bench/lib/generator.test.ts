import { expect, test } from 'vitest';
import { connectionsFor, parseReport, progressOf } from './generator.ts';

const report = `
Summary:
  Total:	2.5 secs.
  Slowest:	0.9 secs.
  Fastest:	0.0004 secs.
  Requests/sec:	4000

Latency distribution:
  10% in 0.054 secs.
  50% in 1.5e-03 secs.
  99% in 0.25 secs.
  99.9% in 0.6 secs.
`;

test('seconds of etcd’s report become milliseconds', () => {
  expect(parseReport(report, 10_000)).toEqual({
    ...{ operations: 10_000, seconds: 2.5, p50Ms: 1.5, p99Ms: 250, maxMs: 900 },
  });
});

test('of two reports the last counts', () => {
  const puts = report.replace('2.5 secs', '9 secs');
  expect(parseReport(`Put summary:\n${puts}\nWatch events summary:\n${report}`, 1).seconds).toBe(
    2.5,
  );
});

test('the slowest stands for the 99th percentile of few requests', () => {
  expect(parseReport(report.replace(/ {2}99.*\n/g, ''), 50).p99Ms).toBe(900);
});

test('output without a report is an error that shows it', () => {
  expect(() => parseReport('dial error', 1)).toThrow(/no report in:\ndial error/);
});

test('ten clients share a connection', () => {
  expect([1, 100, 1000].map(connectionsFor)).toEqual([1, 10, 100]);
});

test('the last progress that etcd’s benchmark wrote counts', () => {
  const bar = '238 / 1000 [---->____] 23.80% ? p/s\r495 / 1000 [-------->____] 49.50% ? p/s';
  expect(progressOf(bar)).toBe(0.495);
  expect(progressOf('INFO: [core] [Channel #1]Channel created')).toBe(0);
});
