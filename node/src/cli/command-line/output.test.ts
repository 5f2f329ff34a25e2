import { expect, test } from 'vitest';
import { jsonText } from './output.ts';
import { drawTable } from './table.ts';

test('tables look like those of etcdctl', () => {
  // etcdutl snapshot status -w table
  const table = drawTable(
    ['hash', 'revision', 'total keys', 'total size', 'version'],
    [['ef8d18bc', '15', '5', '20 kB', '3.7.0']],
  );
  expect(table).toBe(`┌──────────┬──────────┬────────────┬────────────┬─────────┐
│   HASH   │ REVISION │ TOTAL KEYS │ TOTAL SIZE │ VERSION │
├──────────┼──────────┼────────────┼────────────┼─────────┤
│ ef8d18bc │       15 │          5 │      20 kB │   3.7.0 │
└──────────┴──────────┴────────────┴────────────┴─────────┘
`);
});

test('JSON holds 64-bit numbers and bytes as etcd writes them', () => {
  const value = { id: 2n ** 64n - 1n, key: new TextEncoder().encode('key1'), none: undefined };
  expect(jsonText([value, { text: 'a"b', list: [1, null, true] }])).toBe(
    '[{"id":18446744073709551615,"key":"a2V5MQ=="},{"text":"a\\"b","list":[1,null,true]}]',
  );
});
