// How to reach a cluster: what every command here begins with.
import type { TlsOptions } from '../client/index.ts';

/** Certificates as files, for the client ports and for the peer ports. */
export interface ClusterTls {
  readonly client: TlsOptions;
  /** What members show each other; restores in place speak to the peer ports. */
  readonly peer: TlsOptions | undefined;
}

export interface ClusterAccess {
  /** As its people call it; stands in the manifest, and is what they type to confirm a restore in place. */
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly tls: ClusterTls | undefined;
  /** The peer certificates must bear this common name; undefined checks the address instead. */
  readonly peerName?: string;
  /** The members' data folders by name, where they lie on this machine. */
  readonly dataDirs?: ReadonlyMap<string, string>;
  readonly kind: 'endpoints' | 'local' | 'kubernetes';
}
