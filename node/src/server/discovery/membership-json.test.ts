import { expect, test } from 'vitest';
import { answerFromJson, jsonFromAnswer } from './membership-json.ts';

const ANSWER = {
  ...{ clusterId: 0xc1n, generation: 1, isConfirmed: true, isRemoved: false, leader: 0xa1n },
  ...{ commitIndex: 7, appliedIndex: 6 },
  members: [
    { id: 0xa1n, name: 'm', peerUrls: ['http://a:2380'], clientUrls: [], isLearner: false },
  ],
};

test('an answer comes out as it went in', () => {
  expect(answerFromJson(jsonFromAnswer(ANSWER))).toEqual(ANSWER);
});

const changed = (change: (text: string) => string): string => change(jsonFromAnswer(ANSWER));

test.each([
  ['null', 'not a JSON object'],
  ['{}', 'has no members'],
  [changed((text) => text.replace('"m"', '{"toString":1}')), 'is not a text'],
  [changed((text) => text.replace(':7', ':1e400')), 'is not a whole number'],
  [changed((text) => text.replace('"c1"', '{"toString":1}')), 'is not an id'],
  [changed((text) => text.replace('["http://a:2380"]', '[1]')), 'is not a list of texts'],
])('%s is refused', (text, message) => {
  expect(() => answerFromJson(text)).toThrow(message);
});
