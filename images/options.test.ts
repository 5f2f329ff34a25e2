import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test('without flags: the first tool that works, this machine’s platform, a name that no registry has', () => {
  const options = readOptions([])!;
  expect(options.tool).toBeUndefined();
  expect(options.tag).toBe('localhost/binnacle:dev');
  expect(options.architectures).toHaveLength(1);
});

test.each([
  ['binnacle', 'localhost/binnacle:dev'],
  ['binnacle:1.2', 'localhost/binnacle:1.2'],
  ['team/binnacle:1', 'localhost/team/binnacle:1'],
  ['localhost/binnacle', 'localhost/binnacle:dev'],
  ['images.example.com/team/binnacle:1', 'images.example.com/team/binnacle:1'],
  ['images.example.com:5000/binnacle', 'images.example.com:5000/binnacle:dev'],
])('--tag %s is %s', (given, full) => {
  expect(readOptions(['--tag', given])!.tag).toBe(full);
});

test('--platform takes one or both', () => {
  expect(readOptions(['--platform', 'linux/arm64'])!.architectures).toEqual(['arm64']);
  expect(readOptions(['--platform', 'linux/amd64,arm64'])!.architectures).toEqual([
    'amd64',
    'arm64',
  ]);
});

test.each([
  [['--platform', 'linux/riscv64'], /built for linux\/amd64 and linux\/arm64/],
  [['--platform', 'linux/amd64,linux/amd64'], /twice/],
  [['--tool', 'kaniko'], /docker, podman, buildah/],
  [['--tag', 'Upper:1'], /not NAME:TAG/],
  [['--tagg', 'x'], /Usage: npm run image/],
])('%j is refused', (argv, message) => {
  expect(() => readOptions(argv)).toThrow(message);
});

test('--help asks for nothing to be built', () => {
  expect(readOptions(['--help'])).toBeUndefined();
});
