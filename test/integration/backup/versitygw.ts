// A real S3 server over a folder: versitygw, as test/conformance/build-oracles.sh builds it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../support/cluster.ts';
import { eventually } from '../support/waiting.ts';

const cache =
  process.env['BINNACLE_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'binnacle');
const BINARY = join(cache, 'bin', 'versitygw');

export const BUCKET = 'backups';
export const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'tester', AWS_SECRET_ACCESS_KEY: 'test-secret' };

/** Undefined when it was never built. */
export const versitygw = existsSync(BINARY) ? BINARY : undefined;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface S3Server {
  readonly port: number;
  /** Of the bucket: objects are files in it. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** With one empty bucket. */
export async function startVersitygw(folder: string): Promise<S3Server> {
  const root = join(folder, 's3');
  mkdirSync(join(root, BUCKET), { recursive: true });
  const [port = 0] = await freePorts(1);
  const log = openSync(join(folder, 'versitygw.log'), 'a');
  const child = spawn(BINARY, ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', root], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: CREDENTIALS.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  });
  closeSync(log);
  running.add(child);
  child.once('exit', () => running.delete(child));
  await eventually('versitygw to answer', async () => {
    const { status } = await fetch(`http://127.0.0.1:${port}/`);
    return status > 0;
  });
  return {
    port,
    folder: join(root, BUCKET),
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
