// Keeps one stream from a peer open: dials, reads raft messages from it, dials again (etcd: rafthttp/stream.go). When the
// peer's URL changes, a second stream is opened before the first is given up, so that no message is lost on the way.
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
import { DIAL_INTERVAL_MS, REPLACE_INTERVAL_MS } from './limits.ts';
import { StreamConnection } from './stream-connection.ts';
import { STREAM_NAMES, streamPath, type StreamKind } from './stream-kind.ts';

/** One dial, and the stream that it became. */
interface Attempt {
  readonly url: string;
  readonly connection: StreamConnection;
  readonly decoder: FrameDecoder;
  /** The answer was 200. */
  established: boolean;
  /** Why the answer was no stream. */
  refusal: string | undefined;
}

export class StreamReader {
  private readonly link: PeerLink;
  private readonly kind: StreamKind;
  /** The stream, or the dial for it; undefined between two dials. */
  private current: Attempt | undefined;
  /** The dial that is to take the place of the current stream. */
  private next: Attempt | undefined;
  /** Streams that were replaced, until the peer has ended them. */
  private readonly retired = new Set<Attempt>();
  private timer: Timer | undefined;
  private lastDialMs = -Infinity;
  private stopped = false;
  private paused = false;

  constructor(link: PeerLink, kind: StreamKind) {
    this.link = link;
    this.kind = kind;
  }

  start(): void {
    this.link.context.logger.info('started stream reader with remote peer', this.fields());
    this.dial();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    for (const attempt of [this.current, this.next, ...this.retired]) attempt?.connection.close();
    this.link.context.logger.info('stopped stream reader with remote peer', this.fields());
  }

  /** Where the stream comes from; undefined while there is none. */
  get url(): string | undefined {
    return this.current?.established === true ? this.current.url : undefined;
  }

  /** Moves to the URL that is right now, when it is another one. The present stream goes on until the new one is up. */
  redial(): void {
    if (this.stopped || this.next !== undefined) return;
    if (this.current === undefined) {
      this.timer?.cancel();
      this.dial();
    } else if (this.current.established && this.current.url !== this.link.picker.pick()) {
      this.timer?.cancel();
      this.next = this.connect();
    }
  }

  /** Drops what arrives until `resume` (tests cut a member off with it). */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  private dial(): void {
    this.lastDialMs = this.link.context.clock.monotonicMs();
    this.current = this.connect();
  }

  private connect(): Attempt {
    const { context, picker, peerId } = this.link;
    const url = picker.pick();
    const connection = new StreamConnection(
      {
        url: new URL(streamPath(this.kind, context.identity.memberId), url),
        headers: { ...identityHeaders(context.identity), 'X-Raft-To': formatId(peerId) },
        tls: context.tls,
        clock: context.clock,
        dialTimeoutMs: context.dialTimeoutMs,
        readTimeoutMs: context.linkTimeoutMs,
      },
      {
        opened: (head) => this.onOpened(attempt, head),
        received: (payload) => this.onPayload(attempt, payload),
        refused: (head, text) => (attempt.refusal = this.refusalOf(head, text)),
        closed: (reason) => this.onClosed(attempt, reason),
      },
    );
    const attempt: Attempt = {
      url,
      connection,
      decoder: this.newDecoder(),
      established: false,
      refusal: undefined,
    };
    return attempt;
  }

  private onOpened(attempt: Attempt, head: ResponseHead): void {
    if (!supportsStreams(head.headers.get('x-server-version') ?? '')) {
      throw new StreamFormatError('unsupported stream type');
    }
    attempt.established = true;
    if (attempt === this.next) this.replaceCurrent(attempt);
    this.link.status.activate();
    this.link.context.logger.info(
      'established TCP streaming connection with remote peer',
      this.fields(),
    );
    // The URL may have changed while this one was dialed.
    this.redial();
    if (!this.link.picker.isOwn(attempt.url)) this.redialLater();
  }

  /** The peer ends the old stream when it has written out what it still had for it. */
  private replaceCurrent(next: Attempt): void {
    const former = this.current;
    this.current = next;
    this.next = undefined;
    if (former === undefined) return;
    this.retired.add(former);
    const { clock, linkTimeoutMs } = this.link.context;
    clock.after(linkTimeoutMs, () => {
      if (this.retired.has(former)) former.connection.close();
    });
  }

  private onPayload(attempt: Attempt, payload: Uint8Array): void {
    const { context, peerId } = this.link;
    const messages: Message[] = [];
    // What was whole before malformed bytes is dropped with them: raft sends it again.
    attempt.decoder.push(payload, messages);
    context.metrics.receivedBytes?.(peerId, payload.length);
    if (messages.length === 0 || this.paused || this.stopped) return;
    const admitted = context.admit(messages);
    if (admitted.length === 0) return;
    const pending = context.handlers.process(admitted);
    if (pending !== undefined) this.holdUntil(attempt.connection, pending);
  }

  private holdUntil(connection: StreamConnection, pending: Promise<void>): void {
    connection.hold();
    pending
      .catch((error: unknown) => {
        escalate(error);
        this.link.context.logger.warn('failed to process Raft message', {
          error: messageOf(error),
        });
      })
      .finally(() => connection.resume());
  }

  private refusalOf(head: ResponseHead, text: string): string {
    const { context } = this.link;
    if (head.status === 410) {
      context.reportSelfRemoved();
      return 'the member has been permanently removed from the cluster';
    }
    if (head.status === 404) {
      const peer = formatId(this.link.peerId);
      return `peer ${peer} failed to find local node ${formatId(context.identity.memberId)}`;
    }
    if (head.status === 412) return this.onPreconditionFailed(head, text);
    return `unhandled http status ${head.status}`;
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

  private onClosed(attempt: Attempt, reason: Error | undefined): void {
    if (this.stopped || this.retired.delete(attempt)) return;
    const error = attempt.refusal ?? reason?.message ?? 'EOF';
    if (attempt === this.next) {
      this.next = undefined;
      this.onReplacementFailed(attempt, error);
      return;
    }
    const { context, picker, status } = this.link;
    if (attempt.established) {
      context.logger.warn('lost TCP streaming connection with remote peer', this.fields({ error }));
      if (reason !== undefined) status.deactivate(STREAM_NAMES[this.kind], 'read', error);
    } else {
      picker.unreachable(attempt.url);
      status.deactivate(STREAM_NAMES[this.kind], 'dial', error);
    }
    this.current = this.next;
    this.next = undefined;
    if (this.current !== undefined) return;
    const waitMs = this.lastDialMs + DIAL_INTERVAL_MS - context.clock.monotonicMs();
    this.dialAfter(Math.max(0, waitMs));
  }

  private dialAfter(delayMs: number): void {
    this.timer?.cancel();
    this.timer = this.link.context.clock.after(delayMs, () => {
      if (!this.stopped && this.current === undefined) this.dial();
    });
  }

  private onReplacementFailed({ url }: Attempt, error: string): void {
    const { limiter, logger } = this.link.context;
    limiter.log(`replacement ${this.link.peerId}`, () => {
      logger.warn('cannot reach remote peer by its new URL; the stream by the old one goes on', {
        ...this.fields({ error }),
        'remote-peer-url': url,
      });
    });
    this.redialLater();
  }

  /** Tries the best URL again while the present stream goes on. */
  private redialLater(): void {
    this.timer?.cancel();
    this.timer = this.link.context.clock.after(REPLACE_INTERVAL_MS, () => {
      this.link.picker.reset();
      this.redial();
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
