// What clients see is the same when threads of their own serve them: the tests of clients again, with --client-threads.
import { describe } from 'vitest';

process.env['ETCD_CLIENT_THREADS'] = '2';

describe('keys', async () => void (await import('./kv.test.ts')));
describe('watches', async () => void (await import('./watch.test.ts')));
describe('hostile clients', async () => void (await import('../corruption/hostile.test.ts')));
describe('certificates', async () => void (await import('../tls/reload.test.ts')));
