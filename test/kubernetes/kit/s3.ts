// An S3 server on this machine: versitygw, over a folder.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { oracle } from '../../conformance/lib/paths.ts';
import { freePorts } from '../../conformance/lib/cluster.ts';
import { Background, eventually } from '../../conformance/lib/process.ts';

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @param address of this machine, which pods reach */
export async function startS3(folder: string, address: string): Promise<S3Server> {
  const [port] = await freePorts(1);
  const bucket = 'backups';
  mkdirSync(join(folder, 'data', bucket), { recursive: true });
  const [access, secret] = ['kit-test', 'kit-test-secret'];
  const server = new Background(
    oracle('versitygw'),
    [
      ...['--access', access, '--secret', secret, '--port', `${address}:${port}`, '--quiet'],
      ...['posix', join(folder, 'data')],
    ],
    { logFile: join(folder, 'versitygw.log') },
  );
  const endpoint = `http://${address}:${port}`;
  const answers = async (): Promise<true> => {
    if (server.hasEnded) throw new Error('it has ended');
    await fetch(endpoint);
    return true;
  };
  await eventually('versitygw', answers, 10_000);
  return {
    endpoint,
    bucket,
    credentials: { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret },
    stop: async () => void (await server.stop()),
  };
}
