// A TCP proxy that cuts a connection, or stops passing bytes on, once a number of them has gone through one way.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';

export type Direction = 'up' | 'down';

export interface CuttingProxy {
  readonly port: number;
  /** How often it has cut so far. */
  readonly cuts: number;
  /** Cuts the connection over which the next `bytes` in this direction are complete; once. */
  cutAfter(direction: Direction, bytes: number): void;
  /** Passes nothing more in this direction after the next `bytes`; resolves when they are through. */
  stallAfter(direction: Direction, bytes: number): Promise<void>;
  /** Ends a stall, and forgets what was asked for. */
  reset(): void;
  close(): Promise<void>;
}

interface Order {
  readonly direction: Direction;
  left: number;
  readonly what: 'cut' | 'stall';
  readonly done: () => void;
}

export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let order: Order | undefined;
  let stalled: Direction | undefined;
  let cuts = 0;
  const pass = (from: Socket, to: Socket, direction: Direction): void => {
    from.on('data', (bytes) => {
      if (stalled === direction) return;
      if (order?.direction === direction) {
        order.left -= bytes.length;
        if (order.left <= 0) {
          const { what, done } = order;
          order = undefined;
          done();
          if (what === 'stall') stalled = direction;
          else {
            cuts++;
            from.destroy();
            to.destroy();
          }
          return;
        }
      }
      to.write(bytes);
    });
    from.on('error', () => {});
    from.once('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    sockets.add(from);
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    pass(client, upstream, 'up');
    pass(upstream, client, 'down');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    get cuts() {
      return cuts;
    },
    cutAfter: (direction, bytes) => {
      order = { direction, left: bytes, what: 'cut', done: () => {} };
    },
    stallAfter: (direction, bytes) =>
      new Promise<void>((done) => {
        order = { direction, left: bytes, what: 'stall', done };
      }),
    reset: () => {
      order = undefined;
      stalled = undefined;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
