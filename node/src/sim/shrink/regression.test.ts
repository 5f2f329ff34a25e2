import { expect, test } from 'vitest';
import { reportOf, scenarioWith } from '../testing/fake-runner.ts';
import { failureKey, parseScenario, regressionFileName, regressionOf } from './regression.ts';

const scenario = scenarioWith({
  seed: 7,
  members: 1,
  faults: [
    { kind: 'power', atMs: 5, target: 'any' },
    { kind: 'kill', atMs: 9, target: 0 },
    { kind: 'power', atMs: 12 },
  ],
});
const text = 'TypeError: no such thing\n    at file:///somewhere/x.ts:1:2';
const violations = [{ check: 'unhandledRejection', atMs: 6.5, text }];
const regression = regressionOf(reportOf(scenario, { violations }));

test('a regression says what was found, without the paths of one machine', () => {
  expect(regression).toEqual({
    title: 'unhandledRejection with kill, power (1 member, seed 7)',
    found: { check: 'unhandledRejection', atMs: 6.5, text: 'TypeError: no such thing' },
    scenario,
  });
  expect(regressionFileName(regression)).toBe('unhandled-rejection-7.json');
});

test('its file is read again, and so is a scenario alone', () => {
  expect(parseScenario(JSON.stringify(regression))).toEqual(scenario);
  expect(parseScenario(JSON.stringify(scenario))).toEqual(scenario);
});

test('a file that is none says which field is wrong', () => {
  expect(() => parseScenario('{')).toThrow('JSON');
  expect(() => parseScenario('[]')).toThrow('expected object');
  expect(() => parseScenario(JSON.stringify({ ...scenario, keys: 3 }))).toThrow('"keys"');
  const wrong = { ...regression, scenario: { ...scenario, seed: -1 } };
  expect(() => parseScenario(JSON.stringify(wrong))).toThrow('scenario.seed');
});

test('failures of a broad check are told apart by their text, not by its numbers', () => {
  const key = (check: string, words: string): string => failureKey({ check, atMs: 0, text: words });
  expect(key('crash', 'no page 12\nat a')).toBe(key('crash', 'no page 7\nat b'));
  expect(key('crash', 'no page 12')).not.toBe(key('crash', 'no root'));
  expect(key('watch', 'revision 12')).toBe(key('watch', 'another text'));
});
