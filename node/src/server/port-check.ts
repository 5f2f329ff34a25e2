// Finds out before anything is touched whether the ports are free: a member whose ports are taken must not have changed
// its data directory, and the error has to say which port it is.
import { createServer } from 'node:net';
import { ConfigError } from './flag-values.ts';

/** @throws ConfigError naming the URL that cannot be listened on */
export async function assertPortsFree(urls: readonly string[]): Promise<void> {
  for (const url of new Set(urls)) {
    const { protocol, hostname, port } = new URL(url);
    if (protocol.startsWith('unix') || port === '0') continue;
    await tryToListen(url, hostname.replace(/^\[|\]$/g, ''), Number(port));
  }
}

function tryToListen(url: string, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? 'another process listens there; stop it, or choose another port'
          : error.message;
      reject(new ConfigError(`cannot listen on ${url}: ${reason}`));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
