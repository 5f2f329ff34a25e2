// The few calls that keeping a cluster takes, over grpc-js and the generated methods.
import * as fs from 'node:fs';
import { Agent, get as httpsGet } from 'node:https';
import { get as httpGet } from 'node:http';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { decode, encode, type Method } from '../../node/src/wire/index.ts';
import {
  ClusterService,
  MaintenanceService,
  MemberAddRequest,
  MemberListRequest,
  MemberPromoteRequest,
  MemberRemoveRequest,
  MoveLeaderRequest,
  StatusRequest,
  type Member,
  type StatusResponse,
} from '../../node/src/wire/gen/rpc.ts';
import type { Access } from './member-flags.ts';

const CALL_TIMEOUT_MS = 5000;

/** Speaks to one member. Certificates are read once: make a new one when they change. */
export class MemberConnection {
  private readonly url: URL;
  private readonly client: grpc.Client;
  private readonly tls: { ca: Buffer; cert: Buffer; key: Buffer } | undefined;
  private readonly agent: Agent | undefined;

  constructor(url: string, access: Access) {
    this.url = new URL(url);
    const host = this.url.hostname.replace(/^\[|\]$/g, '');
    const { caFile, certFile, keyFile } = access;
    if (caFile !== undefined && certFile !== undefined && keyFile !== undefined) {
      const [ca, cert, key] = [caFile, certFile, keyFile].map((path) => fs.readFileSync(path)) as [
        Buffer,
        Buffer,
        Buffer,
      ]; // three in, three out
      this.tls = { ca, cert, key };
      this.agent = new Agent({ keepAlive: true, maxSockets: 1, ...this.tls });
    }
    const credentials =
      this.tls === undefined
        ? grpc.credentials.createInsecure()
        : grpc.credentials.createSsl(this.tls.ca, this.tls.key, this.tls.cert, {
            checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
          });
    this.client = new grpc.Client(this.url.host, credentials, {
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 1000,
      'grpc.use_local_subchannel_pool': 1,
      // grpc-js would send the address as the TLS server name, which Node 26 refuses; the real one is checked above.
      ...(isIP(host) !== 0 && { 'grpc.ssl_target_name_override': 'localhost' }),
    });
  }

  status(timeoutMs = CALL_TIMEOUT_MS): Promise<StatusResponse> {
    return this.call(MaintenanceService.status, StatusRequest.create(), timeoutMs);
  }

  /** As the leader knows it. */
  async members(): Promise<Member[]> {
    const request = MemberListRequest.create({ linearizable: true });
    return (await this.call(ClusterService.memberList, request)).members;
  }

  async addLearner(peerUrl: string): Promise<void> {
    const request = MemberAddRequest.create({ peerUrls: [peerUrl], isLearner: true });
    await this.call(ClusterService.memberAdd, request);
  }

  async promote(id: bigint): Promise<void> {
    await this.call(ClusterService.memberPromote, MemberPromoteRequest.create({ id }));
  }

  async remove(id: bigint): Promise<void> {
    await this.call(ClusterService.memberRemove, MemberRemoveRequest.create({ id }));
  }

  /** Only the leader does this. */
  async moveLeader(targetId: bigint): Promise<void> {
    const request = MoveLeaderRequest.create({ targetId });
    await this.call(MaintenanceService.moveLeader, request);
  }

  /** The text of /metrics. */
  metrics(timeoutMs: number): Promise<string> {
    const url = new URL('/metrics', this.url);
    const options = { ...this.tls, ...(this.agent && { agent: this.agent }), timeout: timeoutMs };
    return new Promise((resolve, reject) => {
      const get = this.tls === undefined ? httpGet : httpsGet;
      const request = get(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => resolve(Buffer.concat(chunks).toString()));
        response.once('error', reject);
      });
      request.once('timeout', () => request.destroy(new Error('no answer in time')));
      request.once('error', reject);
    });
  }

  close(): void {
    this.client.close();
    this.agent?.destroy();
  }

  private call<Req, Res>(
    method: Method<Req, Res>,
    request: Req,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Res> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        method.path,
        (message: Req) => Buffer.from(encode(method.request, message)),
        (bytes: Buffer) => decode(method.response, bytes),
        request,
        new grpc.Metadata(),
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (error !== null) reject(new Error(error.details, { cause: error }));
          else if (response === undefined) reject(new Error('an answer without a message'));
          else resolve(response);
        },
      );
    });
  }
}
