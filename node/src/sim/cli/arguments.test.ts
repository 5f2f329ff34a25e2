import { expect, test } from 'vitest';
import { readArguments, UsageError } from './arguments.ts';

const read = (...argv: string[]): ReturnType<typeof readArguments> => readArguments(argv, 4);

test('without flags: one run, on all cores, made smaller when it fails', () => {
  expect(read()).toMatchObject({
    ...{ seed: undefined, seeds: undefined, minutes: undefined, profile: undefined, jobs: 4 },
    ...{ determinism: 'sometimes', shrinks: true, keepsGoing: false, isQuiet: false },
  });
});

test('every flag is read', () => {
  const many = read('--seed', '7', '--seeds', '20', '--profile', 'crash', '--jobs=2', '--quiet');
  expect(many).toMatchObject({ seed: 7, seeds: 20, profile: 'crash', jobs: 2, isQuiet: true });
  const long = read('--minutes', '.5', '--keep-going', '--no-shrink', '--check-determinism');
  expect(long).toMatchObject({ minutes: 0.5, keepsGoing: true, shrinks: false });
  expect(long?.determinism).toBe('always');
  const file = read('--scenario', 'a.json', '--page', 'a.html', '--no-determinism');
  expect(file).toMatchObject({ scenarioFile: 'a.json', pageFile: 'a.html', determinism: 'never' });
  expect(file?.shrinks).toBe(false);
  expect(read('--scenario', 'a.json', '--shrink')?.shrinks).toBe(true);
  expect(read('--help')).toBeUndefined();
});

test.each([
  [['--seed', '-1'], "Option '--seed' argument is ambiguous"],
  [['--seed', '1.5'], '--seed takes a whole number from 0 to 4294967295, not "1.5"'],
  [['--seed', '4294967296'], '--seed takes a whole number from 0 to 4294967295'],
  [['--seed', ''], '--seed takes a whole number'],
  [['--seeds', '0'], '--seeds takes a whole number from 1'],
  [['--jobs', 'all'], '--jobs takes a whole number from 1 to 255, not "all"'],
  [['--minutes', '0'], '--minutes takes a number above 0, not "0"'],
  [['--minutes', '1e9'], '--minutes takes a number above 0, not "1e9"'],
  [['--minutes', '1', '--seeds', '3'], 'give one of them'],
  [['--page', 'x.txt'], '--page takes a file name that ends in .html, not "x.txt"'],
  [['--scenario', 'a.json', '--seed', '1'], 'leave out --seed'],
  [['--scenario', 'a.json', '--minutes', '1'], 'leave out --minutes'],
  [['--check-determinism', '--no-determinism'], 'contradict each other'],
  [['--shrink', '--no-shrink'], 'contradict each other'],
  [['--sead', '1'], "Unknown option '--sead'"],
  [['17'], "Unexpected argument '17'"],
  [['--seed'], "Option '--seed <value>' argument missing"],
])('%j says what is right', (argv, message) => {
  expect(() => read(...argv)).toThrow(UsageError);
  expect(() => read(...argv)).toThrow(message);
});
