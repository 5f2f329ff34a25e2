import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { podAccess } from './pod-access.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'binnacle-pod-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function accessUnder(accept: string, advertise: string) {
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ accept, advertise }));
  return podAccess({ BINNACLE_TLS_DIR: folder });
}

test('without the variable nothing is looked for', () => {
  expect(podAccess({})).toBeUndefined();
  expect(podAccess({ BINNACLE_TLS_DIR: '' })).toBeUndefined();
});

test.each([
  ['plain', 'http', 'http://localhost:2379', false],
  ['both', 'http', 'http://localhost:2379', true],
  ['both', 'https', 'https://localhost:2379', true],
  ['server', 'https', 'https://localhost:2379', true],
  ['mutual', 'https', 'https://localhost:2379', true],
])('%s with %s: %s', (accept, advertise, endpoint, hasTls) => {
  const access = accessUnder(accept, advertise);
  expect(access?.endpoint).toBe(endpoint);
  const server = join(folder, 'server');
  const files = {
    caFile: join(server, 'ca.crt'),
    certFile: join(server, 'tls.crt'),
    keyFile: join(server, 'tls.key'),
  };
  expect(access?.tls).toEqual(hasTls ? files : undefined);
});

test('a policy that is missing or wrong is told with what to do', () => {
  const environment = { BINNACLE_TLS_DIR: folder };
  expect(() => podAccess(environment)).toThrow(/no TLS policy can be read: ENOENT.*--endpoints/);
  writeFileSync(join(folder, 'policy.json'), '{}');
  expect(() => podAccess(environment)).toThrow('it is missing');
});
