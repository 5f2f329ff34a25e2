import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';
import { kitCommand } from './next.ts';

test('the defaults are this machine, Pulumi and the stack of the target’s name', () => {
  expect(readArguments(['up'])).toMatchObject({ command: 'up', target: 'local', engine: 'pulumi' });
  expect(readArguments(['status', '--target', 'kind'])).toMatchObject({
    stack: 'kind',
    isPlanOnly: false,
  });
  expect(readArguments(['scale', '5', '--yes'])).toMatchObject({ members: 5, isConfirmed: true });
});

test('restore hands the choice of a backup on', () => {
  const argv = ['restore', '--target', 'kind', '--time', '2026-11-21T07:00:00Z'];
  expect(readArguments(argv)!.choice).toEqual(['--time', '2026-11-21T07:00:00Z']);
  expect(readArguments(['restore', '--backup', 'b1'])!.choice).toEqual(['--name', 'b1']);
});

test.each([
  [[], /which command/],
  [['upp'], /command upp: there is up, status/],
  [['up', 'now'], /takes no argument: now/],
  [['up', '--target', 'cloud'], /--target cloud: there is local, kind, kubernetes/],
  [['up', '--target', 'kind', '--engine', 'helm'], /--engine helm: there is pulumi, kubectl/],
  [['scale'], /number of members/],
  [['scale', 'five'], /number of members/],
  [['up', '--engine', 'kubectl'], /for kind and kubernetes/],
  [['up', '--revision', '5'], /is for restore/],
  [['up', '--wat'], /Usage: npm run kit/],
])('%j is refused', (argv, message) => {
  expect(() => readArguments(argv)).toThrow(message);
});

test('what to type next has the flags that led here', () => {
  const args = readArguments([
    'up',
    '--target',
    'kubernetes',
    '--engine',
    'kubectl',
    '--stack',
    'prod',
  ])!;
  expect(kitCommand(args, 'scale 5')).toBe(
    'npm run kit -- scale 5 --target kubernetes --engine kubectl --stack prod',
  );
});
