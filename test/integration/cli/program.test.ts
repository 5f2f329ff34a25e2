import { expect, test } from 'vitest';
import { runBinnacle } from '../support/run-binnacle.ts';

test('--version begins with the line that etcd prints', async () => {
  const { code, stdout, stderr } = await runBinnacle(['--version']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')[0]).toBe('etcd Version: 3.7.3');
});

test('--help names the flags, and the commands of ctl', async () => {
  const [server, ctl, get] = await Promise.all([
    runBinnacle(['--help']),
    runBinnacle(['ctl', '--help']),
    runBinnacle(['ctl', 'get', '--help']),
  ]);
  expect([server.code, ctl.code, get.code]).toEqual([0, 0, 0]);
  expect(server.stdout).toContain('--listen-client-urls');
  expect(ctl.stdout).toContain('endpoint status');
  expect(get.stdout).toContain('--keys-only');
});

test('what is not known ends with a reason and a code', async () => {
  const [word, flag, ctl, util] = await Promise.all([
    runBinnacle(['sail']),
    runBinnacle(['--no-such-flag']),
    runBinnacle(['ctl', 'sail']),
    runBinnacle(['util', 'sail']),
  ]);
  expect([word.code, flag.code, ctl.code, util.code]).toEqual([2, 2, 1, 1]);
  expect(word.stderr).toContain('sail');
  expect(flag.stderr).toContain('no-such-flag');
  for (const { stderr } of [ctl, util]) expect(stderr).toContain('unknown command "sail"');
});
