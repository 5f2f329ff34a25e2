// What a write and a read cost a member that is alone, from the service to its response: proposal, log, raft and store.
import { SILENT_LOGGER, type CallContext, type UnaryHandler } from '../base/index.ts';
import type { Benchmarks, Operation } from '../base/testing/benchmark.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { SteadyDisk } from '../base/testing/steady-disk.ts';
import { kvService } from '../api/index.ts';
import { PutRequest, RangeRequest } from '../wire/gen/rpc.ts';
import { buildConfig } from './config.ts';
import { collectFlags } from './flag-values.ts';
import type { Member } from './member.ts';
import type { MemberTransport } from './member-transport.ts';
import { openMember } from './open-member.ts';
import { PeerCalls, type PeerAsker } from './peer-calls.ts';

const KEYS = 1000;
const VALUE = new Uint8Array(256).fill(7);
/** Calls that wait together. */
const TOGETHER = 32;
/** The log never reaches the end of its segment. */
const WAL_SEGMENT_BYTES = 1024 * 1024 * 1024;
const KEPT_BYTES = 8 * 1024 * 1024;

const NOBODY: MemberTransport = {
  send: () => {},
  flush: () => {},
  sendSnapshot: () => Promise.resolve(),
  addRemote: () => {},
  addPeer: () => {},
  updatePeer: () => {},
  removePeer: () => {},
  removeAllPeers: () => {},
  activeSince: () => 0,
};

const fail = (error: unknown): never => {
  throw error;
};

const NOBODY_TO_ASK: PeerAsker = {
  ask: () => fail(new Error('there is nobody to ask')),
  dialUrls: (urls) => urls,
  close: () => {},
};

/** A member that is its own leader. */
async function started(): Promise<Member> {
  const clock = new FakeClock();
  const random = { uint32: () => 7, bytes: (length: number) => new Uint8Array(length).fill(7) };
  const { member } = await openMember({
    config: buildConfig(collectFlags({ argv: ['--name', 'm1'], environment: {} })),
    world: { clock, random, disk: new SteadyDisk(KEPT_BYTES) },
    logger: SILENT_LOGGER,
    calls: new PeerCalls(NOBODY_TO_ASK, 1000),
    end: { onFatal: fail, onRemoved: () => {} },
    onWalSync: () => {},
    walSegmentBytes: WAL_SEGMENT_BYTES,
  });
  member.start(NOBODY);
  while (!member.isLeader) await clock.run(100);
  await clock.run(100);
  return member;
}

/** Makes `TOGETHER` calls of a method, and waits for the last. */
function caller(member: Member, name: string, requestOf: (key: Uint8Array) => unknown): Operation {
  const path = `/etcdserverpb.KV/${name}`;
  const method = kvService(member).find((one) => one.path === path);
  if (method?.kind !== 'unary') throw new Error(`no method ${path}`);
  const handler: UnaryHandler<unknown, unknown> = method.handler;
  // Unary methods look at nothing of it.
  const call = {} as CallContext;
  const requests = Array.from({ length: KEYS }, (_, i) =>
    requestOf(new TextEncoder().encode(`/registry/pods/default/web-${String(i).padStart(6, '0')}`)),
  );
  let next = 0;
  return async () => {
    let last: unknown;
    for (let i = 0; i < TOGETHER; i++) last = handler(requests[next++ % KEYS], call);
    return await last;
  };
}

export const benchmarks: Benchmarks = {
  'server: a put of 256 B, 32 together': {
    operationsPerCall: TOGETHER,
    calls: 20,
    start: async () => {
      const member = await started();
      return caller(member, 'Put', (key) => PutRequest.create({ key, value: VALUE }));
    },
  },
  'server: a linearizable range of one key, 32 together': {
    operationsPerCall: TOGETHER,
    calls: 50,
    start: async () => {
      const member = await started();
      const put = caller(member, 'Put', (key) => PutRequest.create({ key, value: VALUE }));
      for (let i = 0; i < KEYS; i += TOGETHER) await put(0);
      return caller(member, 'Range', (key) => RangeRequest.create({ key }));
    },
  },
};
