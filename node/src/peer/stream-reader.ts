// Keeps one stream from a peer open: dials, reads raft messages from it, dials again (etcd: rafthttp/stream.go).
import { formatId } from '../base/ids.ts';
import type { Timer } from '../base/world.ts';
import type { Message } from '../wire/gen/raft.ts';
import { escalate, linkFields, messageOf, type PeerLink } from './context.ts';
import { type FrameDecoder, StreamFormatError } from './codec/frames.ts';
import type { ResponseHead } from './codec/http-stream.ts';
import { MessageDecoder } from './codec/message.ts';
import { MsgAppV2Decoder } from './codec/msg-app-v2.ts';
import {
  CLUSTER_ID_MISMATCH,
  identityHeaders,
  INCOMPATIBLE_VERSION,
  supportsStreams,
} from './headers.ts';
import { DIAL_INTERVAL_MS } from './limits.ts';
import { StreamConnection } from './stream-connection.ts';
import { STREAM_NAMES, streamPath, type StreamKind } from './stream-kind.ts';

export class StreamReader {
  private readonly link: PeerLink;
  private readonly kind: StreamKind;
  private connection: StreamConnection | undefined;
  private decoder: FrameDecoder;
  private timer: Timer | undefined;
  private lastDialMs = -Infinity;
  private stopped = false;
  private paused = false;
  /** True while the answer to the last dial was 200. */
  private established = false;
  /** Why the last answer was no stream. */
  private refusal: string | undefined;

  constructor(link: PeerLink, kind: StreamKind) {
    this.link = link;
    this.kind = kind;
    this.decoder = this.newDecoder();
  }

  start(): void {
    this.link.context.logger.info('started stream reader with remote peer', this.fields());
    this.dial();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.connection?.close();
    this.link.context.logger.info('stopped stream reader with remote peer', this.fields());
  }

  /** Drops what arrives until `resume` (tests cut a member off with it). */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  private dial(): void {
    const { context, picker, peerId } = this.link;
    this.lastDialMs = context.clock.monotonicMs();
    this.established = false;
    this.refusal = undefined;
    const url = picker.pick();
    this.connection = new StreamConnection(
      {
        url: new URL(streamPath(this.kind, context.identity.memberId), url),
        headers: { ...identityHeaders(context.identity), 'X-Raft-To': formatId(peerId) },
        tls: context.tls,
        clock: context.clock,
        dialTimeoutMs: context.dialTimeoutMs,
        readTimeoutMs: context.linkTimeoutMs,
      },
      {
        opened: (head) => this.onOpened(head),
        received: (payload) => this.onPayload(payload),
        refused: (head, text) => this.onRefused(head, text),
        closed: (reason) => this.onClosed(url, reason),
      },
    );
  }

  private onOpened(head: ResponseHead): void {
    if (!supportsStreams(head.headers.get('x-server-version') ?? '')) {
      throw new StreamFormatError('unsupported stream type');
    }
    this.established = true;
    this.decoder = this.newDecoder();
    this.link.status.activate();
    this.link.context.logger.info(
      'established TCP streaming connection with remote peer',
      this.fields(),
    );
  }

  private onPayload(payload: Uint8Array): void {
    const { context, peerId } = this.link;
    const messages: Message[] = [];
    // What was whole before malformed bytes is dropped with them: raft sends it again.
    this.decoder.push(payload, messages);
    context.metrics.receivedBytes?.(peerId, payload.length);
    if (messages.length === 0 || this.paused || this.stopped) return;
    const admitted = context.admit(messages);
    if (admitted.length === 0) return;
    const pending = context.handlers.process(admitted);
    if (pending !== undefined) this.holdUntil(pending);
  }

  private holdUntil(pending: Promise<void>): void {
    const connection = this.connection;
    connection?.hold();
    pending
      .catch((error: unknown) => {
        escalate(error);
        this.link.context.logger.warn('failed to process Raft message', {
          error: messageOf(error),
        });
      })
      .finally(() => connection?.resume());
  }

  private onRefused(head: ResponseHead, text: string): void {
    const { context } = this.link;
    if (head.status === 410) {
      this.refusal = 'the member has been permanently removed from the cluster';
      context.reportSelfRemoved();
    } else if (head.status === 404) {
      const peer = formatId(this.link.peerId);
      this.refusal = `peer ${peer} failed to find local node ${formatId(context.identity.memberId)}`;
    } else if (head.status === 412) this.refusal = this.onPreconditionFailed(head, text);
    else this.refusal = `unhandled http status ${head.status}`;
  }

  private onPreconditionFailed(head: ResponseHead, text: string): string {
    const causes: Record<string, string> = {
      [INCOMPATIBLE_VERSION]: 'server version incompatibility',
      [CLUSTER_ID_MISMATCH]: CLUSTER_ID_MISMATCH,
    };
    const cause = causes[text];
    if (cause === undefined) return `unhandled error "${text}" when precondition failed`;
    const { limiter, logger, identity } = this.link.context;
    limiter.log(`refused ${text} ${this.link.peerId}`, () => {
      logger.warn(`request sent was ignored by remote peer due to ${cause}`, {
        ...linkFields(this.link),
        'remote-peer-cluster-id': head.headers.get('x-etcd-cluster-id') ?? '',
        'local-member-cluster-id': formatId(identity.clusterId),
        error: text,
      });
    });
    return text;
  }

  private onClosed(url: string, reason: Error | undefined): void {
    if (this.stopped) return;
    const { context, picker, status } = this.link;
    const error = this.refusal ?? reason?.message ?? 'EOF';
    if (this.established) {
      context.logger.warn('lost TCP streaming connection with remote peer', this.fields({ error }));
      if (reason !== undefined) status.deactivate(STREAM_NAMES[this.kind], 'read', error);
    } else {
      picker.unreachable(url);
      status.deactivate(STREAM_NAMES[this.kind], 'dial', error);
    }
    const waitMs = this.lastDialMs + DIAL_INTERVAL_MS - context.clock.monotonicMs();
    this.timer = context.clock.after(Math.max(0, waitMs), () => {
      if (!this.stopped) this.dial();
    });
  }

  private newDecoder(): FrameDecoder {
    return this.kind === 'message'
      ? new MessageDecoder()
      : new MsgAppV2Decoder(this.link.context.identity.memberId, this.link.peerId);
  }

  private fields(more?: Record<string, unknown>): Record<string, unknown> {
    return linkFields(this.link, { 'stream-reader-type': STREAM_NAMES[this.kind], ...more });
  }
}
