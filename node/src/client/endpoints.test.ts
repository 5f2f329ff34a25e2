import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { KVService } from '../wire/gen/rpc.ts';
import { Client } from './client.ts';
import { FakeServer } from './testing/fake-server.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A way to `port` on which the first `swallowed` connections get no answer, as when a packet filter forgets them. */
async function forgetfulWay(port: number, swallowed: number): Promise<string> {
  const sockets = new Set<Socket>();
  let count = 0;
  const way = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (++count <= swallowed) return;
    const onward = connect(port, '127.0.0.1');
    onward.on('error', () => socket.destroy());
    sockets.add(onward);
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    way.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(way.address() as AddressInfo).port}`; // it listens on TCP
}

test('an attempt to connect that nobody answers is given up, and another one is made', async () => {
  const server = await FakeServer.start();
  ends.push(() => server.stop());
  server.on(KVService.put, () => ({}));
  const port = Number(server.endpoint.slice(server.endpoint.lastIndexOf(':') + 1));
  const client = new Client({
    endpoints: [await forgetfulWay(port, 2)],
    connectTimeoutMs: 300,
    timeoutMs: 5_000,
  });
  ends.push(() => client.close());
  await client.put('a', 'b');
  expect(server.calls).toHaveLength(1);
});
