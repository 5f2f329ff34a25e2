// Posts single messages while a stream is not up: at most four at a time (etcd: rafthttp/pipeline.go).
import { formatId } from '../base/ids.ts';
import { textFromUtf8 } from '../base/text.ts';
import { Message, MessageType } from '../wire/gen/raft.ts';
import { encode } from '../wire/index.ts';
import { linkFields, messageOf, type PeerLink } from './context.ts';
import { CLUSTER_ID_MISMATCH, identityHeaders, INCOMPATIBLE_VERSION } from './headers.ts';
import { isDialError } from './connect.ts';
import { peerPost, type PeerAnswer } from './http-client.ts';
import { PIPELINE_IN_FLIGHT, PIPELINE_QUEUE_LENGTH } from './limits.ts';
import { RAFT_PATH } from './stream-kind.ts';

/** The other side said that this member is removed from the cluster. */
export class MemberRemovedError extends Error {
  constructor() {
    super('the member has been permanently removed from the cluster');
    this.name = 'MemberRemovedError';
  }
}

export class Pipeline {
  private readonly link: PeerLink;
  private readonly queue: Message[] = [];
  private readonly aborts = new Set<AbortController>();
  private stopped = false;

  constructor(link: PeerLink) {
    this.link = link;
    link.context.logger.info('started HTTP pipelining with remote peer', linkFields(link));
  }

  /** False when too many are waiting: the message is not taken. */
  enqueue(message: Message): boolean {
    if (this.queue.length >= PIPELINE_QUEUE_LENGTH) return false;
    this.queue.push(message);
    this.next();
    return true;
  }

  stop(): void {
    this.stopped = true;
    for (const message of this.queue) this.link.context.reportUnsent(message);
    this.queue.length = 0;
    for (const abort of this.aborts) abort.abort();
    this.link.context.logger.info(
      'stopped HTTP pipelining with remote peer',
      linkFields(this.link),
    );
  }

  private next(): void {
    if (this.stopped || this.aborts.size >= PIPELINE_IN_FLIGHT) return;
    const message = this.queue.shift();
    if (message !== undefined) void this.post(message);
  }

  private async post(message: Message): Promise<void> {
    const { context, picker, status, peerId } = this.link;
    const abort = new AbortController();
    this.aborts.add(abort);
    const url = picker.pick();
    try {
      const body = encode(Message, message);
      const answer = await peerPost(url, RAFT_PATH, body, 'application/protobuf', {
        agent: context.agent,
        headers: identityHeaders(context.identity),
        timeoutMs: context.linkTimeoutMs,
        signal: abort.signal,
      });
      checkAnswer(this.link, answer);
      status.activate();
      context.metrics.sentBytes?.(peerId, body.length);
      if (message.type === MessageType.MsgSnap) context.reportSnapshot(peerId, true);
    } catch (error) {
      if (!this.stopped) this.onFailed(message, url, error);
    } finally {
      this.aborts.delete(abort);
      this.next();
    }
  }

  private onFailed(message: Message, url: string, error: unknown): void {
    const { context, picker, status, peerId } = this.link;
    picker.unreachable(url);
    status.deactivate('pipeline', 'write', messageOf(error));
    if (error instanceof MemberRemovedError) context.reportSelfRemoved();
    context.reportUnreachable(peerId);
    if (isDialError(error)) context.reportUnsent(message);
    if (message.type === MessageType.MsgSnap) context.reportSnapshot(peerId, false);
    context.metrics.sentFailure?.(peerId);
  }
}

/**
 * Accepts the answer to a posted message or snapshot (204).
 * @throws MemberRemovedError for 403, Error for any other refusal
 */
export function checkAnswer(link: PeerLink, answer: PeerAnswer): void {
  if (answer.status === 204) return;
  if (answer.status === 403) throw new MemberRemovedError();
  const text = textFromUtf8(answer.body)?.trim() ?? '';
  if (answer.status !== 412) throw new Error(`unexpected http status ${answer.status}: ${text}`);
  if (text !== INCOMPATIBLE_VERSION && text !== CLUSTER_ID_MISMATCH) {
    throw new Error(`unhandled error "${text}" when precondition failed`);
  }
  const { limiter, logger, identity } = link.context;
  limiter.log(`post ${text} ${link.peerId}`, () => {
    logger.error(`request sent was ignored by remote peer: ${text}`, {
      ...linkFields(link),
      'remote-peer-cluster-id': answer.headers['x-etcd-cluster-id'],
      'local-member-cluster-id': formatId(identity.clusterId),
    });
  });
  throw new Error(text);
}
