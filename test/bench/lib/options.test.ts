import { expect, test } from 'vitest';
import { chosen, isWhole, parseOptions } from './options.ts';
import type { Workload } from './workload.ts';

const workload = (name: string, over: Partial<Workload> = {}): Workload => ({
  ...{ name, group: name.split('-')[0] ?? '', members: 1, tls: false, clients: 100, short: false },
  run: () => Promise.resolve({ operations: 1, seconds: 1 }),
  ...over,
});

const all = [
  workload('put-256b-1m', { short: true }),
  workload('put-256b-3m', { members: 3, tls: true }),
  workload('put-4kib-1m', { clients: 1 }),
  workload('range-1m'),
];

const namesFor = (...args: string[]): string[] =>
  chosen(all, parseOptions(args)).map(({ name }) => name);

test('all are chosen, in three rounds, unless options say otherwise', () => {
  expect(namesFor()).toHaveLength(all.length);
  expect(parseOptions([]).rounds).toBe(3);
  expect(parseOptions(['--short']).rounds).toBe(1);
  expect(parseOptions(['--short', '--record']).rounds).toBe(3);
  expect(parseOptions(['--short', '--rounds=2']).rounds).toBe(2);
});

test('workloads are chosen by the beginning of the name, by group, members, TLS and clients', () => {
  expect(namesFor('--only', 'put-256b')).toEqual(['put-256b-1m', 'put-256b-3m']);
  expect(namesFor('--only', 'put-4kib,range')).toEqual(['put-4kib-1m', 'range-1m']);
  expect(namesFor('--members', '3')).toEqual(['put-256b-3m']);
  expect(namesFor('--tls', 'off', '--clients', '1,1000')).toEqual(['put-4kib-1m']);
  expect(namesFor('--short')).toEqual(['put-256b-1m']);
});

test('only a run of everything replaces all results', () => {
  expect(isWhole(parseOptions(['--rounds', '5', '--record']))).toBe(true);
  for (const args of [['--short'], ['--only', 'put'], ['--members', '1'], ['--tls', 'on']]) {
    expect(isWhole(parseOptions(args))).toBe(false);
  }
});

test.each([
  [['--fast'], /there is no option --fast/],
  [['put'], /there is no option put/],
  [['--rounds'], /--rounds needs a value/],
  [['--only', '--short'], /--only needs a value/],
  [['--rounds', '0'], /--rounds must be over 0/],
  [['--rounds', '1.5'], /--rounds must be a whole number/],
  [['--members', '5'], /--members takes 1,3, not 5/],
  [['--clients', '7'], /--clients takes 1,100,1000, not 7/],
  [['--tls', 'yes'], /--tls takes off,on, not yes/],
  [['--short=1'], /--short takes no value/],
])('%j is an error that names the options', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
  expect(() => parseOptions(args)).toThrow(/--rounds N .*--list/s);
});

test('a choice of nothing is an error', () => {
  expect(() => namesFor('--only', 'watch')).toThrow(/--only watch: there is no such workload/);
  expect(() => namesFor('--only', 'range', '--members', '3')).toThrow(/no workload is left/);
});
