// What all parts of one transport share, and what all parts of one peer share.
import { AssertionError } from '../base/assert.ts';
import { formatId, type MemberId } from '../base/ids.ts';
import type { LogFields, Logger } from '../base/logger.ts';
import type { Clock } from '../base/world.ts';
import type { Message } from '../wire/gen/raft.ts';
import type { PeerAgent } from './http-client.ts';
import type { Identity } from './headers.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { PeerHandlers, PeerMetrics, PeerTls } from './options.ts';
import type { PeerStatus } from './peer-status.ts';
import type { UrlPicker } from './url-picker.ts';

export interface TransportContext {
  readonly identity: Identity;
  readonly handlers: PeerHandlers;
  readonly logger: Logger;
  readonly limiter: LogLimiter;
  readonly clock: Clock;
  readonly metrics: PeerMetrics;
  readonly tls: PeerTls | undefined;
  readonly agent: PeerAgent;
  /** Where to dial for a member's URLs, at this moment. */
  readonly dialUrls: (urls: readonly string[]) => readonly string[];
  readonly dialTimeoutMs: number;
  readonly linkTimeoutMs: number;
  readonly probeIntervalMs: number;
  /** Tells the member later, outside of the current call, and once for many. */
  reportUnreachable(id: MemberId): void;
  reportSnapshot(id: MemberId, ok: boolean): void;
  /** A message surely never left. Tells the member of proposals, which nobody else would miss. */
  reportUnsent(message: Message): void;
  /** Another member answered that this one is removed. */
  reportSelfRemoved(): void;
  /** Messages that are meant for this member and whose sender is not removed. */
  admit(messages: readonly Message[]): readonly Message[];
}

export interface PeerLink {
  readonly context: TransportContext;
  readonly peerId: MemberId;
  readonly picker: UrlPicker;
  readonly status: PeerStatus;
}

/** The fields that most log lines about a peer carry. */
export function linkFields(link: PeerLink, more?: LogFields): LogFields {
  return {
    'local-member-id': formatId(link.context.identity.memberId),
    'remote-peer-id': formatId(link.peerId),
    ...more,
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** An assertion that failed in the member is no peer's error: it ends the process. */
export function escalate(error: unknown): void {
  if (!(error instanceof AssertionError)) return;
  queueMicrotask(() => {
    throw error;
  });
}
