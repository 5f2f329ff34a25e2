// The paths under /raft (etcd: rafthttp/http.go), and those that the server adds beside them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatId, parseId, type MemberId } from '../base/ids.ts';
import { Message } from '../wire/gen/raft.ts';
import { decode } from '../wire/index.ts';
import { escalate, messageOf, type TransportContext } from './context.ts';
import { findIncompatibility, headerOf } from './headers.ts';
import { allowMethod, answerJson, answerText, readBody } from './http-body.ts';
import { ENVELOPE_LIMIT_BYTES, LINK_TIMEOUT_MS } from './limits.ts';
import type { PeerRoute } from './options.ts';
import type { Peer } from './peer.ts';
import { admitPosted, SnapshotReceiver } from './snapshot-receiver.ts';
import {
  parseStreamPath,
  PROBING_PATH,
  RAFT_PATH,
  SNAPSHOT_PATH,
  STREAM_PREFIX,
} from './stream-kind.ts';

export interface PeerDirectory {
  peer(id: MemberId): Peer | undefined;
  /** A sender this member does not know yet; it can be answered by posts. */
  addRemote(id: MemberId, urls: readonly string[]): void;
}

export class Routes {
  private readonly context: TransportContext;
  private readonly directory: PeerDirectory;
  private readonly extra: Readonly<Record<string, PeerRoute>>;
  private readonly snapshots: SnapshotReceiver;

  constructor(
    context: TransportContext,
    directory: PeerDirectory,
    extra: Readonly<Record<string, PeerRoute>>,
  ) {
    this.context = context;
    this.directory = directory;
    this.extra = extra;
    this.snapshots = new SnapshotReceiver(context);
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    request.on('error', () => {}); // the reader of the body sees it
    if (path === RAFT_PATH) this.run(this.servePipeline(request, response), response);
    else if (path === SNAPSHOT_PATH) this.run(this.serveSnapshot(request, response), response);
    else if (path === PROBING_PATH) this.serveProbe(response);
    else if (path.startsWith(STREAM_PREFIX)) this.serveStream(path, request, response);
    else this.serveExtra(path, request, response);
  };

  private run(work: Promise<void>, response: ServerResponse): void {
    work.catch((error: unknown) => {
      this.context.logger.warn('failed to serve peer request', { error: messageOf(error) });
      response.destroy();
    });
  }

  private serveProbe(response: ServerResponse): void {
    answerJson(response, 200, {
      OK: true,
      Now: new Date(this.context.clock.wallMs()).toISOString(),
    });
  }

  private serveExtra(path: string, request: IncomingMessage, response: ServerResponse): void {
    let route = this.extra[path];
    let longest = 0;
    for (const prefix in this.extra) {
      if (route !== undefined && longest === 0) break; // an exact path wins
      if (!prefix.endsWith('/') || !path.startsWith(prefix) || prefix.length <= longest) continue;
      longest = prefix.length;
      route = this.extra[prefix];
    }
    if (route === undefined) answerText(response, 404, '404 page not found');
    else route(request, response);
  }

  /** True when the headers let the sender in; otherwise the request is answered. */
  private identify(request: IncomingMessage, response: ServerResponse): boolean {
    const { identity, limiter, logger } = this.context;
    response.setHeader('X-Etcd-Cluster-ID', formatId(identity.clusterId));
    const problem = findIncompatibility(request.headers, identity);
    if (problem === undefined) return true;
    limiter.log(`${problem.logMessage} ${headerOf(request.headers, 'x-server-from')}`, () => {
      logger.warn(problem.logMessage, problem.fields);
    });
    answerText(response, 412, problem.answer);
    return false;
  }

  private addSender(request: IncomingMessage): void {
    const from = parseId(headerOf(request.headers, 'x-server-from'));
    if (from !== undefined) this.addRemote(from, request);
  }

  private addRemote(from: MemberId, request: IncomingMessage): void {
    const urls = headerOf(request.headers, 'x-peerurls');
    if (urls === '') return;
    const list = urls.split(',').filter((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''));
    if (list.length > 0) this.directory.addRemote(from, list);
  }

  private async servePipeline(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!allowMethod(request, response, 'POST') || !this.identify(request, response)) return;
    this.addSender(request);
    const { clock, handlers, logger, metrics, identity } = this.context;
    const timer = clock.after(LINK_TIMEOUT_MS, () => request.destroy());
    let message: Message;
    try {
      const body = await readBody(request, ENVELOPE_LIMIT_BYTES);
      message = decode(Message, body);
      metrics.receivedBytes?.(message.from, body.length);
    } catch (error) {
      const local = formatId(identity.memberId);
      logger.warn('failed to read Raft message', {
        'local-member-id': local,
        error: messageOf(error),
      });
      metrics.receivedFailure?.(request.socket.remoteAddress ?? '');
      answerText(response, 400, 'error unmarshalling raft message');
      return;
    } finally {
      timer.cancel();
    }
    if (!admitPosted(this.context, message, response)) return;
    try {
      await handlers.process([message]);
    } catch (error) {
      escalate(error);
      logger.warn('failed to process Raft message', { error: messageOf(error) });
      answerText(response, 500, 'error processing raft message');
      return;
    }
    response.writeHead(204).end();
  }

  private async serveSnapshot(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!allowMethod(request, response, 'POST') || !this.identify(request, response)) return;
    this.addSender(request);
    await this.snapshots.serve(request, response);
  }

  private serveStream(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { identity, handlers } = this.context;
    if (!allowMethod(request, response, 'GET')) return;
    response.setHeader('X-Server-Version', identity.serverVersion);
    if (!this.identify(request, response)) return;
    const { kind, from: fromText } = parseStreamPath(path);
    if (kind === undefined) return answerText(response, 404, 'invalid path');
    const from = parseId(fromText);
    if (from === undefined) return answerText(response, 404, 'invalid from');
    const refuse = (status: number, text: string, reason: string): void => {
      this.logRefusedStream(reason, from, request);
      answerText(response, status, text);
    };
    if (handlers.isIdRemoved(from)) {
      return refuse(
        410,
        'removed member',
        'rejected stream from remote peer because it was removed',
      );
    }
    const peer = this.directory.peer(from);
    if (peer === undefined) {
      this.addRemote(from, request);
      return refuse(404, 'error sender not found', 'failed to find remote peer in cluster');
    }
    if (headerOf(request.headers, 'x-raft-to') !== formatId(identity.memberId)) {
      return refuse(412, 'to field mismatch', 'ignored streaming request; ID mismatch');
    }
    if (request.httpVersion !== '1.1') return answerText(response, 505, 'HTTP/1.1 is required');
    response.writeHead(200, { 'Transfer-Encoding': 'chunked' });
    response.flushHeaders();
    // From here on the stream writer frames the chunks itself: node:http is not asked to write again.
    peer.attach(kind, request.socket);
  }

  private logRefusedStream(reason: string, from: MemberId, request: IncomingMessage): void {
    const { limiter, logger, identity } = this.context;
    limiter.log(`${reason} ${from}`, () => {
      logger.warn(reason, {
        'local-member-id': formatId(identity.memberId),
        'remote-peer-id-from': formatId(from),
        'remote-peer-id-header': headerOf(request.headers, 'x-raft-to'),
        'cluster-id': formatId(identity.clusterId),
      });
    });
  }
}
