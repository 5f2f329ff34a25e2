// Sends a database to a member that is too far behind for entries (etcd: rafthttp/snapshot_sender.go).
//   POST /raft/snapshot   | 8 bytes: length | raftpb.Message (MsgSnap) | the database file |
import type { ClientRequest } from 'node:http';
import { linkFields, messageOf, type PeerLink } from './context.ts';
import { encodeMessageFrame } from './codec/message.ts';
import { identityHeaders } from './headers.ts';
import { readBody } from './http-body.ts';
import { openRequest, responseTo, type PeerAnswer } from './http-client.ts';
import {
  ANSWER_LIMIT_BYTES,
  SNAPSHOT_ANSWER_TIMEOUT_MS,
  SNAPSHOT_STALL_TIMEOUT_MS,
} from './limits.ts';
import type { OutgoingSnapshot } from './options.ts';
import { checkAnswer, MemberRemovedError } from './pipeline.ts';
import { SNAPSHOT_PATH } from './stream-kind.ts';

export class SnapshotSender {
  private readonly link: PeerLink;
  private readonly requests = new Set<ClientRequest>();
  private stopped = false;

  constructor(link: PeerLink) {
    this.link = link;
  }

  /** Sends it and reports how that went; never rejects. */
  async send(snapshot: OutgoingSnapshot): Promise<void> {
    const { context, picker, status, peerId } = this.link;
    const startMs = context.clock.monotonicMs();
    const seconds = (): number => (context.clock.monotonicMs() - startMs) / 1000;
    const url = picker.pick();
    const fields = {
      'snapshot-index': snapshot.message.snapshot?.metadata?.index ?? 0,
      ...linkFields(this.link),
      bytes: snapshot.sizeBytes,
    };
    context.logger.info('sending database snapshot', fields);
    context.metrics.snapshotSend?.(peerId, 'started', 0);
    try {
      checkAnswer(this.link, await this.post(url, snapshot));
      status.activate();
      context.reportSnapshot(peerId, true);
      context.logger.info('sent database snapshot', { ...fields, took: `${seconds()}s` });
      context.metrics.sentBytes?.(peerId, snapshot.sizeBytes);
      context.metrics.snapshotSend?.(peerId, 'success', seconds());
    } catch (error) {
      context.logger.warn('failed to send database snapshot', {
        ...fields,
        error: messageOf(error),
      });
      picker.unreachable(url);
      status.deactivate('sendMsgSnap', 'post', messageOf(error));
      if (error instanceof MemberRemovedError) context.reportSelfRemoved();
      context.reportUnreachable(peerId);
      context.reportSnapshot(peerId, false);
      context.metrics.sentFailure?.(peerId);
      context.metrics.snapshotSend?.(peerId, 'failure', seconds());
    }
  }

  stop(): void {
    this.stopped = true;
    for (const request of this.requests) request.destroy(new Error('stopped'));
  }

  private async post(url: string, snapshot: OutgoingSnapshot): Promise<PeerAnswer> {
    if (this.stopped) throw new Error('stopped');
    const { identity, agent } = this.link.context;
    const headers = {
      ...identityHeaders(identity),
      'Content-Type': 'application/octet-stream',
    };
    const request = openRequest('POST', url, SNAPSHOT_PATH, headers, agent);
    this.requests.add(request);
    const answered = responseTo(request);
    answered.catch(() => {}); // looked at below, after the body
    try {
      await this.writeBody(request, snapshot);
      const response = await this.within(SNAPSHOT_ANSWER_TIMEOUT_MS, request, answered);
      const body = await readBody(response, ANSWER_LIMIT_BYTES);
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    } finally {
      this.requests.delete(request);
      request.destroy();
    }
  }

  /** Writes as fast as the receiver takes it; returns early when the receiver answers before the end. */
  private async writeBody(request: ClientRequest, snapshot: OutgoingSnapshot): Promise<void> {
    let answered = false;
    let wake = (): void => {};
    request.once('response', () => (answered = true));
    for (const event of ['drain', 'response', 'close']) request.on(event, () => wake());
    request.write(encodeMessageFrame(snapshot.message));
    let sentBytes = 0;
    for await (const piece of snapshot.database) {
      if (answered || request.destroyed) break;
      sentBytes += piece.length;
      if (request.write(piece)) continue;
      const drained = new Promise<void>((resolve) => (wake = resolve));
      await this.within(SNAPSHOT_STALL_TIMEOUT_MS, request, drained);
    }
    if (answered || request.destroyed) return;
    if (sentBytes !== snapshot.sizeBytes) {
      throw new Error(`snapshot has ${sentBytes} bytes, not ${snapshot.sizeBytes}`);
    }
    request.end();
  }

  private async within<T>(timeoutMs: number, request: ClientRequest, work: Promise<T>): Promise<T> {
    const timer = this.link.context.clock.after(timeoutMs, () => {
      request.destroy(new Error('snapshot transfer timed out'));
    });
    try {
      return await work;
    } finally {
      timer.cancel();
    }
  }
}
