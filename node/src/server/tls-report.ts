// GET /probe/tls: what new connections of this member use, for whoever drives a change of TLS step by step.
import { formatId } from '../base/index.ts';
import type { PeerTransport } from '../peer/index.ts';
import type { TlsPolicy, TlsSummary } from '../platform/index.ts';
import type { Member } from './member.ts';
import type { LiveTls } from './tls-policy.ts';

export interface TlsReport {
  /** Hex; '' before the member knows it. */
  readonly memberId: string;
  /** The policy in force. */
  readonly policy: TlsPolicy | null;
  /** The member's own URLs as its log has them. */
  readonly advertise: { readonly peer: readonly string[]; readonly client: readonly string[] };
  /** The certificates for clients, and those for peers. */
  readonly server: TlsSummary | null;
  readonly peer: TlsSummary | null;
  /** By which URLs this member knows everybody, itself included: member id → peer URLs. */
  readonly knownAdvertise: { readonly peer: Readonly<Record<string, readonly string[]>> };
  /** By which URL the streams of each other member come here now; null while they are not up. Member id → peer URL. */
  readonly dialed: { readonly peer: Readonly<Record<string, string | null>> };
}

/** @param member undefined, as `transport`, while the process has not got so far */
export function tlsReport(
  live: LiveTls | undefined,
  member?: Member,
  transport?: PeerTransport,
): TlsReport {
  const members = member?.membership.list() ?? [];
  const own = members.find((one) => one.id === member?.localId);
  return {
    memberId: member === undefined ? '' : formatId(member.localId),
    policy: live?.current ?? null,
    advertise: { peer: own?.peerUrls ?? [], client: own?.clientUrls ?? [] },
    server: live?.server.current?.summary() ?? null,
    peer: live?.peer.current?.summary() ?? null,
    knownAdvertise: {
      peer: Object.fromEntries(members.map((one) => [formatId(one.id), one.peerUrls])),
    },
    dialed: {
      peer: Object.fromEntries(
        [...(transport?.dialedUrls() ?? [])].map(([id, url]) => [formatId(id), url ?? null]),
      ),
    },
  };
}
