// A real etcd on loopback, as a target for transcripts.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Client } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import type { Event } from '../../node/src/wire/gen/kv.ts';
import * as rpc from '../../node/src/wire/gen/rpc.ts';
import { decode, encode } from '../../node/src/wire/index.ts';
import type { Method } from '../../node/src/wire/index.ts';
import type {
  Read,
  TranscriptTarget,
  Write,
} from '../../node/src/storage/mvcc/testing/transcript.ts';

const NONE = new Uint8Array(0);
/** A watch on the past has told everything when it is silent for so long. */
const SILENCE_MS = 500;

export class RealEtcd implements TranscriptTarget {
  private readonly binary: string;
  private readonly folder: string;
  private readonly ports: readonly [number, number];
  private process!: ChildProcess; // set by start, which `create` calls
  private client!: Client; // likewise

  static async create(binary: string): Promise<RealEtcd> {
    const folder = await mkdtemp(join(tmpdir(), 'transcript-'));
    const etcd = new RealEtcd(binary, folder, [await freePort(), await freePort()]);
    await etcd.start();
    return etcd;
  }

  private constructor(binary: string, folder: string, ports: readonly [number, number]) {
    this.binary = binary;
    this.folder = folder;
    this.ports = ports;
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }

  async reopen(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async write(writes: readonly Write[]): Promise<{ revision: number; deleted: number[] }> {
    const success = writes.map(requestOp);
    const answer = await this.call(rpc.KVService.txn, rpc.TxnRequest.create({ success }));
    const deletions = answer.responses.map((response) => response.responseDeleteRange);
    return {
      revision: answer.header!.revision,
      deleted: deletions.map((deletion) => deletion?.deleted ?? 0),
    };
  }

  async range(read: Read): ReturnType<TranscriptTarget['range']> {
    const request = rpc.RangeRequest.create({ ...read, rangeEnd: read.rangeEnd ?? NONE });
    const answer = await this.call(rpc.KVService.range, request);
    return { kvs: answer.kvs, count: answer.count, revision: answer.header!.revision };
  }

  async compact(revision: number): Promise<void> {
    const request = rpc.CompactionRequest.create({ revision, physical: true });
    await this.call(rpc.KVService.compact, request);
  }

  async hashKv(revision: number): ReturnType<TranscriptTarget['hashKv']> {
    const request = rpc.HashKVRequest.create({ revision });
    const answer = await this.call(rpc.MaintenanceService.hashKV, request);
    const { hash, compactRevision, hashRevision } = answer;
    const currentRevision = answer.header!.revision;
    return { hash, compactRevision, revision: hashRevision, currentRevision };
  }

  async grant(id: bigint): Promise<void> {
    await this.call(rpc.LeaseService.leaseGrant, rpc.LeaseGrantRequest.create({ id, ttl: 9999 }));
  }

  async events(startRevision: number): Promise<Event[]> {
    const { path, request, response } = rpc.WatchService.watch;
    const stream = this.client.makeBidiStreamRequest(
      path,
      (message: rpc.WatchRequest) => Buffer.from(encode(request, message)),
      (bytes: Buffer) => decode(response, new Uint8Array(bytes)),
    );
    const createRequest = rpc.WatchCreateRequest.create({
      key: Uint8Array.of(0),
      rangeEnd: Uint8Array.of(0),
      startRevision,
      prevKv: true,
    });
    stream.write(rpc.WatchRequest.create({ createRequest }));
    const events: Event[] = [];
    stream.on('error', () => undefined); // the cancel below
    await new Promise<void>((resolve) => {
      let timer = setTimeout(resolve, SILENCE_MS);
      stream.on('data', (message: rpc.WatchResponse) => {
        events.push(...message.events);
        clearTimeout(timer);
        timer = setTimeout(resolve, SILENCE_MS);
      });
    });
    stream.cancel();
    return events;
  }

  private async start(): Promise<void> {
    const [client, peer] = this.ports.map((port) => `http://127.0.0.1:${port}`);
    const urls = ['--listen-client-urls', client, '--advertise-client-urls', client];
    const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer];
    const cluster = ['--initial-cluster', `default=${peer}`, '--data-dir', this.folder];
    const args = [...urls, ...peers, ...cluster, '--log-level', 'error'] as string[];
    this.process = spawn(this.binary, args, { stdio: 'ignore' });
    this.client = new Client(`127.0.0.1:${this.ports[0]}`, credentials.createInsecure());
    const deadline = Date.now() + 10_000;
    await new Promise<void>((resolve, reject) =>
      this.client.waitForReady(deadline, (error) => (error ? reject(error) : resolve())),
    );
    await this.call(rpc.KVService.range, rpc.RangeRequest.create({ key: Uint8Array.of(0) }));
  }

  private async stop(): Promise<void> {
    this.client.close();
    const exit = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exit;
  }

  private call<Req, Res>(method: Method<Req, Res>, message: Req): Promise<Res> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        method.path,
        (request: Req) => Buffer.from(encode(method.request, request)),
        (bytes: Buffer) => decode(method.response, new Uint8Array(bytes)),
        message,
        (error: ServiceError | null, answer?: Res) =>
          error === null ? resolve(answer!) : reject(new Error(error.details)),
      );
    });
  }
}

function requestOp(write: Write): rpc.RequestOp {
  const { key, value, lease } = write;
  const rangeEnd = write.rangeEnd ?? NONE;
  return value === undefined
    ? rpc.RequestOp.create({
        requestDeleteRange: rpc.DeleteRangeRequest.create({ key, rangeEnd }),
      })
    : rpc.RequestOp.create({ requestPut: rpc.PutRequest.create({ key, value, lease }) });
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
