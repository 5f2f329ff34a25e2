// What the checkers are told while a run goes on, and what they say. The cluster, the clients and the nemesis call it; an
// observer never throws and never changes what it is shown.
import type { GrpcStatus, MemberId } from '../../base/index.ts';
import type { KeyValue } from '../../wire/gen/kv.ts';
import type { Entry, Message } from '../../wire/gen/raft.ts';
import type { WatchRequest, WatchResponse } from '../../wire/gen/rpc.ts';

/** A guarantee that did not hold. `check` names the checker, `text` what was seen and what was due. */
export interface Violation {
  readonly check: string;
  /** Simulated time, ms since the run began. */
  readonly atMs: number;
  readonly text: string;
}

/**
 * pending: no answer yet. ok: answered. error: the member answered with an error. refused: it surely never reached a
 * handler. unknown: nobody knows whether it took effect, at any time after the call.
 */
export type Outcome = 'pending' | 'ok' | 'refused' | 'error' | 'unknown';

/**
 * One request of one client. A keep-alive is one record for each message sent on its stream. The response of a server
 * stream (RangeStream, Snapshot) is the array of its messages.
 */
export interface OperationRecord {
  /** Unique in the run. */
  readonly id: number;
  readonly client: string;
  /** The machine whose member was asked. */
  readonly host: string;
  /** `/etcdserverpb.KV/Txn` */
  readonly path: string;
  /** The decoded request message, as in wire/gen/rpc.ts. */
  readonly request: unknown;
  readonly calledMs: number;
  /** Infinity while there is no answer. */
  returnedMs: number;
  outcome: Outcome;
  response: unknown;
  errorCode: GrpcStatus | undefined;
  errorText: string | undefined;
}

/** One Watch call: all that is sent and received on it, in order. */
export interface WatchStreamRecord {
  /** Unique in the run. */
  readonly id: number;
  readonly client: string;
  readonly host: string;
  readonly openedMs: number;
}

/** What is surely on a member's disk. `vote` belongs to `term`; 0n: none. */
export interface DurableState {
  readonly term: number;
  readonly vote: MemberId;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export type StopReason = 'crash' | 'power' | 'stop' | 'fatal';

/** What a member holds when the run is over. */
export interface FinalState {
  readonly host: string;
  readonly memberId: MemberId;
  readonly clusterId: bigint;
  readonly appliedIndex: number;
  readonly revision: number;
  /** 0: never compacted. */
  readonly compactRevision: number;
  /** HashKV at `revision`. */
  readonly hash: number;
  /** All keys alive at `revision`, in the order of keys. */
  readonly keyValues: Iterable<KeyValue>;
}

/** Told by the cluster. */
export interface MemberObserver {
  /** `localTerm`: the term in the member's hard state as it was read from its disk. */
  started(host: string, incarnation: number, memberId: MemberId, localTerm: number): void;
  stopped(host: string, incarnation: number, how: StopReason, reason?: string): void;
  becameLeader(host: string, memberId: MemberId, term: number): void;
  /** A granting MsgVoteResp, or an own candidacy, leaves the process. */
  voted(host: string, memberId: MemberId, term: number, candidate: MemberId): void;
  /** Every raft message as it leaves the process, with what was durable then. */
  sent(host: string, message: Message, durable: DurableState): void;
  /** Committed entries as a member hands them to its state machine, before any answer that they lead to. */
  applied(host: string, incarnation: number, entries: readonly Entry[]): void;
  /** A snapshot from the leader replaced the member's state. */
  installed(host: string, incarnation: number, index: number, term: number): void;
  /**
   * Disaster recovery: a new cluster begins from the snapshot that was taken at `index` of `term`. `revision`: where its
   * history goes on (after a revision bump, if there was one). Told before its first member starts.
   */
  restored(host: string, index: number, term: number, revision: number): void;
}

/** Told by the clients. */
export interface ClientObserver {
  /** The request is about to be sent. */
  called(record: OperationRecord): void;
  /** The same record, with its outcome. */
  returned(record: OperationRecord): void;
  watchOpened(stream: WatchStreamRecord): void;
  watchRequested(stream: WatchStreamRecord, request: WatchRequest): void;
  watchResponse(stream: WatchStreamRecord, response: WatchResponse): void;
  /** No message of the stream is received any more, whoever ended it. */
  watchClosed(stream: WatchStreamRecord): void;
}

/** Told by the nemesis. */
export interface FaultObserver {
  fault(kind: string, text: string): void;
  /** The machine gets an empty disk, or an older copy of its own: its member forgets what it did since. */
  forgot(host: string): void;
  /** The calm begins: every fault is mended, every member that is to live runs. */
  faultsEnded(): void;
}

export interface Observer extends MemberObserver, ClientObserver, FaultObserver {}
