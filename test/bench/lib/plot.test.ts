import { expect, test } from 'vitest';
import { plots, ratioPlot } from './plot.ts';

const row = (name: string, ours: number, etcd: number, value?: number) => ({
  name,
  group: 'put',
  rounds: [{ ours: { cpuUs: ours }, etcd: { cpuUs: etcd } }],
  ...(value === undefined ? {} : { point: { axis: 'keys', value } }),
});

/** x, width and colour of each bar. */
function bars(svg: string): { x: number; width: number; fill: string }[] {
  const pattern =
    /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="12" rx="1.5" fill="([^"]+)"/g;
  return [...svg.matchAll(pattern)].map(([, x, width, fill]) => ({
    ...{ x: Number(x), width: Number(width), fill: fill ?? '' },
  }));
}

test('half and twice are bars of one length on both sides of etcd’s line', () => {
  const [half, twice] = bars(ratioPlot('put', [row('a', 1, 2), row('b', 2, 1)]));
  expect(half?.width).toBeCloseTo(twice?.width ?? NaN);
  expect((half?.x ?? NaN) + (half?.width ?? NaN)).toBeCloseTo(twice?.x ?? NaN);
  expect(half?.fill).not.toBe(twice?.fill);
});

test('what lies beyond the scale is cut', () => {
  const [far, further] = bars(ratioPlot('put', [row('a', 9, 1), row('b', 99, 1)]));
  expect(far).toEqual(further);
});

test('each group has a plot: bars, or lines where its workloads stand on an axis', () => {
  const growth = [row('k1', 10, 20, 1000), row('k2', 12, 40, 10_000)];
  const grown = growth.map((each) => ({ ...each, group: 'growth-keys' }));
  const all = plots([row('a <b>', 1, 2), ...grown]);
  expect([...all.keys()]).toEqual(['put', 'growth-keys']);
  expect(all.get('put')).toContain('a &lt;b&gt;');
  expect(all.get('put')).not.toContain('polyline');
  expect(all.get('growth-keys')?.match(/<polyline/g)).toHaveLength(2);
  expect(all.get('growth-keys')).toContain('keys');
});

test('a plot of nothing is still a picture', () => {
  const all = plots([{ ...row('a', 0, 0, 10), rounds: [] }]);
  expect(all.get('put')).not.toMatch(/NaN|Infinity/);
});
