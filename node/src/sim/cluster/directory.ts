// Who can be reached where: what DNS and listening sockets are to real members.
import type { Endpoint as PeerEndpoint } from '../../server/index.ts';
import type { ProcessClock } from '../world/clock.ts';
import type { SimTransport } from './peer-transport.ts';

/** A process that listens on its machine's peer port. */
export interface Endpoint {
  readonly clock: ProcessClock;
  readonly transport: SimTransport | undefined;
  readonly clusterId: bigint;
  /** Path → what answers, as the peer port has it. */
  readonly questions: Readonly<Record<string, PeerEndpoint>>;
}

export interface Directory {
  /** The machine that the first of these URLs names. */
  hostOf(urls: readonly string[]): string | undefined;
  /** What runs there now. */
  endpoint(host: string): Endpoint | undefined;
}

export const peerUrlOf = (host: string): string => `http://${host}:2380`;
export const clientUrlOf = (host: string): string => `http://${host}:2379`;

/** `m0` of `http://m0:2380`. */
export function hostIn(url: string): string | undefined {
  return /^https?:\/\/([^:/]+)/.exec(url)?.[1];
}
