// Where members listen that run as processes on one machine.
import { isIP } from 'node:net';
import { port, section, text } from './fields.ts';

/** Ports of member n are the first member's plus n·PORT_STEP. */
export const PORT_STEP = 10;

export const local = section({
  host: text('an IP address of this machine, such as 127.0.0.1')
    .refine((value) => isIP(value) !== 0 && value !== '0.0.0.0' && value !== '::', {
      error: 'must be an IP address of this machine that clients can dial, such as 127.0.0.1',
    })
    .default('127.0.0.1')
    .describe('Address that the members of npm start listen on and advertise.'),
  clientPort: port(2379)
    .default(2379)
    .describe('Port for clients of the first member; the second has this plus 10, and so on.'),
  peerPort: port(2380)
    .default(2380)
    .describe('Port for peers of the first member; the second has this plus 10, and so on.'),
});

/** What is wrong with the ports of that many members; undefined when nothing is. */
export function portClash(
  members: number,
  clientPort: number,
  peerPort: number,
): string | undefined {
  const lastOffset = (members - 1) * PORT_STEP;
  if (Math.max(clientPort, peerPort) + lastOffset > 65_535)
    return `leaves no room: ${members} members take every tenth port up to ${Math.max(clientPort, peerPort) + lastOffset}; start lower`;
  const distance = Math.abs(clientPort - peerPort);
  if (distance % PORT_STEP === 0 && distance <= lastOffset)
    return `meets the client ports: members take every tenth port from ${clientPort} and from ${peerPort} on; ${clientPort + 1} works`;
  return undefined;
}
