import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonFromTold, toldFromJson } from './testimony-json.ts';

const id = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
const counter = fc.nat();
const entryId = fc.record({ term: counter, index: counter });
const member = fc.record({
  id,
  peerUrls: fc.array(fc.webUrl()),
  isLearner: fc.boolean(),
  name: fc.string(),
  clientUrls: fc.array(fc.webUrl()),
});
const told = fc.record({
  testimony: fc.record({
    ...{ from: id, term: counter, last: entryId, voters: fc.array(id), appliedIndex: counter },
    acknowledged: fc.option(entryId, { nil: undefined }),
  }),
  members: fc.array(member),
});

test('a testimony comes out as it went in', () => {
  fc.assert(
    fc.property(told, (one) => {
      expect(toldFromJson(jsonFromTold(one))).toEqual(one);
    }),
  );
});

test.each([
  ['null', 'not a testimony'],
  ['{', 'JSON'],
  ['{"voters":[]}', 'not a member id'],
  ['{"from":"1","voters":["zz"]}', 'not a term or index'],
  ['{"from":"1","term":1.5,"voters":[]}', 'not a term or index: 1.5'],
  ['{"from":"1","term":1,"voters":[]}', 'not a testimony'],
  ['{"from":{"toString":1},"voters":[]}', 'not a member id'],
  ['{"from":"1","term":{"toString":1},"voters":[]}', 'not a term or index'],
])('%s is refused', (text, message) => {
  expect(() => toldFromJson(text)).toThrow(message);
});
