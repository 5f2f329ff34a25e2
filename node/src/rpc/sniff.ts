// Tells HTTP/2 from HTTP/1.1 by the first bytes of a connection (RFC 9113 section 3.4).
import type { Socket } from 'node:net';
import type { Clock } from '../base/world.ts';
import { CLIENT_PREFACE } from './h2/protocol.ts';

export type Protocol = 'h2' | 'http/1.1';

/**
 * Reads until the protocol is clear, and calls `found` once: for HTTP/2 with the bytes behind the preface; for HTTP/1.1
 * nothing is taken from the socket. A socket that says nothing for `timeoutMs` is destroyed.
 */
export function sniff(
  socket: Socket,
  clock: Clock,
  timeoutMs: number,
  found: (protocol: Protocol, rest: Buffer) => void,
): void {
  let seen: Buffer = Buffer.alloc(0);
  const timer = clock.after(timeoutMs, () => socket.destroy());
  const finish = (): void => {
    timer.cancel();
    socket.off('data', onData);
    socket.off('close', finish);
    socket.off('error', onError);
    socket.off('end', onEnd);
  };
  const onError = (): void => void socket.destroy();
  const onEnd = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, CLIENT_PREFACE.length);
    const same = seen.compare(CLIENT_PREFACE, 0, compared, 0, compared) === 0;
    if (same && seen.length < CLIENT_PREFACE.length) return;
    finish();
    if (same) {
      found('h2', seen.subarray(CLIENT_PREFACE.length));
      return;
    }
    socket.pause();
    socket.unshift(seen);
    found('http/1.1', Buffer.alloc(0));
  };
  socket.on('data', onData);
  socket.on('close', finish);
  socket.on('error', onError);
  socket.on('end', onEnd);
}
