import { describe, expect, test } from 'vitest';
import { UsageError } from './errors.ts';
import { boolFlag, parseLine, textFlag } from './flags.ts';

const SPECS = [
  { ...textFlag('write-out', 'simple', ''), short: 'w' },
  textFlag('endpoints', '127.0.0.1:2379', ''),
  textFlag('limit', '0', ''),
  textFlag('timeout', '5s', ''),
  boolFlag('prefix', ''),
];

describe('a command line', () => {
  test.each<[string, string[], string[], string, boolean]>([
    ['no flags', ['a', 'b'], ['a', 'b'], 'simple', false],
    ['flags before', ['--prefix', '-w', 'json', 'a'], ['a'], 'json', true],
    ['flags behind', ['a', '--write-out=json', '--prefix=true'], ['a'], 'json', true],
    ['a glued letter', ['-wjson', 'a'], ['a'], 'json', false],
    ['a letter with =', ['-w=table', 'a', '--prefix=false'], ['a'], 'table', false],
    [
      'the end of flags',
      ['--prefix', '--', '--write-out', '-'],
      ['--write-out', '-'],
      'simple',
      true,
    ],
    ['an empty key', ['', '--prefix'], [''], 'simple', true],
  ])('with %s', (_, argv, words, writeOut, prefix) => {
    const line = parseLine(argv, SPECS);
    expect(line.words).toEqual(words);
    expect(line.flags.text('write-out')).toBe(writeOut);
    expect(line.flags.bool('prefix')).toBe(prefix);
  });

  test('goes before the environment, and that before the default', () => {
    const environment = ({ name }: { name: string }) =>
      name === 'endpoints' ? 'env:1' : undefined;
    expect(parseLine([], SPECS, environment).flags.list('endpoints')).toEqual(['env:1']);
    const given = parseLine(['--endpoints', 'a:1, b:2,'], SPECS, environment);
    expect(given.flags.list('endpoints')).toEqual(['a:1', 'b:2']);
  });

  test.each([
    [['--nosuch'], 'unknown flag: --nosuch'],
    [['-x'], 'unknown flag: -x'],
    [['--endpoints'], 'flag needs an argument: --endpoints'],
  ])('that is wrong: %j', (argv, message) => {
    expect(() => parseLine(argv, SPECS)).toThrow(message);
  });

  test('has values of the right type, or an error that names flag and value', () => {
    const of = (...argv: string[]) => parseLine(argv, SPECS).flags;
    expect(of('--limit', '12').number('limit')).toBe(12);
    expect(of('--timeout', '1m30s').durationMs('timeout')).toBe(90_000);
    expect(of('--timeout=3').durationMs('timeout')).toBe(3_000);
    expect(() => of('--limit=x').number('limit')).toThrow(UsageError);
    expect(() => of('--limit=x').number('limit')).toThrow('"x" for --limit');
    expect(() => of('--timeout=soon').durationMs('timeout')).toThrow('"soon" for --timeout');
    expect(() => of('--prefix=maybe').bool('prefix')).toThrow('"maybe" for --prefix');
    expect(() => of('-w', 'xml').choice('write-out', ['json'])).toThrow('one of json');
  });
});
