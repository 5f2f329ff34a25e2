import { expect, test } from 'vitest';
import { MUTANTS } from './catalog.ts';
import { markdownTable, readRecord, withTable } from './record.ts';

const PAGE =
  'before\n<!-- Written by npm run sim:mutants -- --update -->\nold\n<!-- end -->\nafter\n';

test('the table takes the place of the one before it', () => {
  const once = withTable(PAGE, '| new |\n');
  expect(once).toBe(
    'before\n<!-- Written by npm run sim:mutants -- --update -->\n\n| new |\n\n<!-- end -->\nafter\n',
  );
  expect(withTable(once, '| new |\n')).toBe(once);
  expect(() => withTable('no place', '')).toThrow('no place');
});

test('the table has a line for every mutant, found or not', () => {
  const [first, second] = MUTANTS;
  const finding = { runs: 3, seed: 9, profile: 'disks', check: 'acknowledged' };
  const lines = markdownTable(new Map([[first!.name, finding]]))
    .trim()
    .split('\n');
  expect(lines).toHaveLength(MUTANTS.length + 2);
  expect(lines[2]).toContain(`\`${first!.name}\``);
  expect(lines[2]).toMatch(/\| 3 +\| disks +\| acknowledged +\|$/);
  expect(lines[3]).toContain(`\`${second!.name}\``);
  expect(lines[3]).toMatch(/\| – +\| – +\| – +\|$/);
});

test('what is on record is about mutants that exist', async () => {
  const names = new Set(MUTANTS.map(({ name }) => name));
  expect([...(await readRecord()).keys()].filter((name) => !names.has(name))).toEqual([]);
});
