// A member of the state as the server's command line.
import { isIPv6 } from 'node:net';
import { compactionFlags, quotaBytes, type ClusterConfig } from '../config.ts';
import { CLIENT } from './pki.ts';
import type { Paths } from './paths.ts';
import type { ClusterState, MemberState } from './state.ts';

export function clientUrl(state: ClusterState, member: MemberState): string {
  return url(state, member.clientPort);
}

export function peerUrl(state: ClusterState, member: MemberState): string {
  return url(state, member.peerPort);
}

function url(state: ClusterState, port: number): string {
  const host = isIPv6(state.host) ? `[${state.host}]` : state.host;
  return `${state.tls === 'plain' ? 'http' : 'https'}://${host}:${port}`;
}

/** What a client needs to reach the cluster; the files are undefined without TLS. */
export interface Access {
  readonly endpoints: readonly string[];
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

export function accessTo(paths: Paths, state: ClusterState): Access {
  const isSecure = state.tls === 'mutual';
  return {
    endpoints: state.members.map((member) => clientUrl(state, member)),
    caFile: isSecure ? paths.caFile : undefined,
    certFile: isSecure ? paths.certFile(CLIENT) : undefined,
    keyFile: isSecure ? paths.keyFile(CLIENT) : undefined,
  };
}

export function memberFlags(
  paths: Paths,
  config: ClusterConfig,
  state: ClusterState,
  member: MemberState,
): string[] {
  // Only read when the data folder is empty: by the first members, and by one that joins.
  const known = state.members.filter((each) => each.phase === 'member' || each === member);
  const initialCluster = known.map((each) => `${each.name}=${peerUrl(state, each)}`).join(',');
  const compaction = compactionFlags(config);
  return [
    ...['--name', member.name, '--data-dir', paths.dataDir(member.name)],
    ...['--listen-client-urls', clientUrl(state, member)],
    ...['--advertise-client-urls', clientUrl(state, member)],
    ...['--listen-peer-urls', peerUrl(state, member)],
    ...['--initial-advertise-peer-urls', peerUrl(state, member)],
    ...['--initial-cluster', initialCluster, '--initial-cluster-token', state.token],
    ...[
      '--initial-cluster-state',
      state.founded || member.phase === 'joining' ? 'existing' : 'new',
    ],
    ...['--quota-backend-bytes', String(quotaBytes(config.storage.quota))],
    ...['--auto-compaction-mode', compaction.mode],
    ...['--auto-compaction-retention', compaction.retention],
    ...(state.tls === 'mutual' ? tlsFlags(paths, member.name) : []),
  ];
}

function tlsFlags(paths: Paths, name: string): string[] {
  const certFile = paths.certFile(name);
  const keyFile = paths.keyFile(name);
  return [
    ...['--cert-file', certFile, '--key-file', keyFile],
    ...['--client-cert-auth', '--trusted-ca-file', paths.caFile],
    ...['--peer-cert-file', certFile, '--peer-key-file', keyFile],
    ...['--peer-client-cert-auth', '--peer-trusted-ca-file', paths.caFile],
  ];
}
