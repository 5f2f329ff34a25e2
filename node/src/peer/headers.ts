// Who speaks: the headers each request and answer between members carries, and the checks on them
// (etcd: rafthttp/util.go, checkClusterCompatibilityFromHeader in http.go).
import type { IncomingHttpHeaders } from 'node:http';
import { formatId, type ClusterId, type MemberId } from '../base/ids.ts';
import type { LogFields } from '../base/logger.ts';

export interface Identity {
  readonly memberId: MemberId;
  readonly clusterId: ClusterId;
  readonly urls: readonly string[];
  readonly serverVersion: string;
  readonly minClusterVersion: string;
}

/** Bodies of a 412 answer; senders compare them. */
export const INCOMPATIBLE_VERSION = 'incompatible version';
export const CLUSTER_ID_MISMATCH = 'cluster ID mismatch';

export function identityHeaders(identity: Identity): Record<string, string> {
  const headers: Record<string, string> = {
    'X-Server-From': formatId(identity.memberId),
    'X-Server-Version': identity.serverVersion,
    'X-Min-Cluster-Version': identity.minClusterVersion,
    'X-Etcd-Cluster-ID': formatId(identity.clusterId),
  };
  if (identity.urls.length > 0) headers['X-PeerURLs'] = identity.urls.join(',');
  return headers;
}

/** One header's value; '' when it is missing. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

export interface Incompatibility {
  /** Goes back as the body of a 412 answer. */
  readonly answer: typeof INCOMPATIBLE_VERSION | typeof CLUSTER_ID_MISMATCH;
  readonly logMessage: string;
  readonly fields: LogFields;
}

/** Why a request with these headers cannot be served, or undefined when it can. */
export function findIncompatibility(
  headers: IncomingHttpHeaders,
  identity: Identity,
): Incompatibility | undefined {
  const remoteVersion = headerOf(headers, 'x-server-version') || '2.0.0';
  const remoteMinimum = headerOf(headers, 'x-min-cluster-version') || '2.0.0';
  const clusterId = headerOf(headers, 'x-etcd-cluster-id');
  const fields = {
    'local-member-id': formatId(identity.memberId),
    'local-member-cluster-id': formatId(identity.clusterId),
    'local-member-server-version': identity.serverVersion,
    'local-member-server-minimum-cluster-version': identity.minClusterVersion,
    'remote-peer-server-name': headerOf(headers, 'x-server-from'),
    'remote-peer-server-version': remoteVersion,
    'remote-peer-server-minimum-cluster-version': remoteMinimum,
  };
  const error = versionProblem(remoteVersion, remoteMinimum, identity);
  if (error !== undefined) {
    return {
      answer: INCOMPATIBLE_VERSION,
      logMessage: 'failed version compatibility check',
      fields: { ...fields, error },
    };
  }
  if (clusterId === formatId(identity.clusterId)) return undefined;
  return {
    answer: CLUSTER_ID_MISMATCH,
    logMessage: 'request cluster ID mismatch',
    fields: { ...fields, 'remote-peer-cluster-id': clusterId },
  };
}

function versionProblem(
  remote: string,
  remoteMinimum: string,
  local: Identity,
): string | undefined {
  const server = minorOrder(remote);
  const minimum = minorOrder(remoteMinimum);
  if (server === undefined || minimum === undefined) return 'malformed version';
  const localServer = minorOrder(local.serverVersion) ?? 0;
  const localMinimum = minorOrder(local.minClusterVersion) ?? 0;
  if (server < localMinimum) return `remote version is too low: ${remote}`;
  if (minimum > localServer) return `local version is too low: ${local.serverVersion}`;
  return undefined;
}

/** True when a server of this version serves the two streams: every one after 2.0. */
export function supportsStreams(serverVersion: string): boolean {
  return (minorOrder(serverVersion || '2.0.0') ?? 0) > 2_000_000;
}

/** Major and minor version as one number that can be compared; the patch level does not matter between members. */
function minorOrder(version: string): number | undefined {
  const match = /^(\d{1,6})\.(\d{1,6})\.\d/.exec(version);
  return match === null ? undefined : Number(match[1]) * 1_000_000 + Number(match[2]);
}
