import { expect, test } from 'vitest';
import { asMarkdown, asText, inOrder, number, ownFigureCells, resultCells } from './table.ts';

const row = {
  name: 'put-1m',
  group: 'put',
  rounds: [
    {
      ours: { perSecond: 12_345, cpuUs: 20, generatorCpuUs: 40, longestStallMs: 3 },
      etcd: { perSecond: 10_000, cpuUs: 40, generatorCpuUs: 40, longestStallMs: 30 },
    },
  ],
};

test('a line has ours, etcd’s and the ratio of each figure, and the most that throughput can be', () => {
  const [head, line] = resultCells([row]);
  expect(head?.slice(0, 4)).toEqual(['workload', 'requests/s', 'etcd', 'ratio']);
  expect(line?.slice(0, 4)).toEqual(['put-1m', '12,345', '10,000', '1.23']);
  expect(line?.slice(10, 13)).toEqual(['20.0', '40.0', '0.50']);
  expect(line?.at(-1)).toBe('2.00');
  expect(line).toHaveLength(head?.length ?? 0);
});

test('figures of a workload’s own have a table of their own', () => {
  expect(ownFigureCells([row])).toEqual([
    ['workload', 'figure', 'ours', 'etcd', 'ratio'],
    ['put-1m', 'longestStallMs', '3.00', '30.0', '0.10'],
  ]);
  expect(ownFigureCells([])).toEqual([]);
});

test('text is aligned, Markdown has its rule', () => {
  const cells = [
    ['a', 'bcd'],
    ['ef', '1'],
  ];
  expect(asText(cells)).toBe('a   bcd\nef    1');
  expect(asMarkdown(cells)).toBe('| a | bcd |\n| --- | --: |\n| ef | 1 |');
});

test.each([
  [0, '0'],
  [0.1234, '0.12'],
  [12.345, '12.3'],
  [1234.5, '1,235'],
  [NaN, '–'],
])('%d is written as %s', (value, expected) => {
  expect(number(value)).toBe(expected);
});

test('groups stay together, and clients count as numbers', () => {
  const rows = [
    ...['put-1000c', 'put-1c'].map((name) => ({ ...row, name })),
    { ...row, name: 'a', group: 'watch' },
    { ...row, name: 'put-100c' },
  ];
  expect(inOrder(rows).map(({ name }) => name)).toEqual(['put-1c', 'put-100c', 'put-1000c', 'a']);
});
