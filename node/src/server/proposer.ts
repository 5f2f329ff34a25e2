// Requests on their way into raft: checked against the limits, gathered until raft's loop takes its next Ready, proposed as
// one batch. Without a leader they wait for one until they time out, as etcd's do.
import { EtcdError, type Clock } from '../base/index.ts';
import type { Applied } from '../apply/index.ts';
import { RaftError, type RawNode } from '../raft/index.ts';
import { Writer } from '../wire/index.ts';
import type { ConfChange, Message } from '../wire/gen/raft.ts';
import { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import { HeldProposals } from './held-proposals.ts';
import { UNPROPOSED, type RequestIds, type Waiter, type Waiters } from './proposals.ts';

/** Entries that may be committed and not yet applied before new requests are refused. */
const MAX_APPLY_GAP = 5_000;

export interface ProposerParts {
  readonly node: RawNode;
  readonly clock: Clock;
  readonly ids: RequestIds;
  readonly waiters: Waiters;
  readonly maxRequestBytes: number;
  /** Whether there is a leader that can be reached: what is sent to one that is gone would be lost until it times out. */
  readonly canPropose: () => boolean;
  /**
   * Whether this member has applied an entry of the present term. Raft drops a configuration change that comes before that,
   * because another one could still be in the log.
   */
  readonly canConfigure: () => boolean;
  readonly appliedIndex: () => number;
  readonly commitIndex: () => number;
  /** Sees to it that `flush` is called soon. */
  readonly wake: () => void;
}

/** A request that raft does not have yet. */
interface Pending {
  readonly waiter: Waiter;
  readonly request: InternalRaftRequest;
  readonly sizeBytes: number;
  /** The only term in which it may be proposed, by its leader; undefined for a client's, which any leader may have. */
  readonly term: number | undefined;
}

export class Proposer {
  private readonly parts: ProposerParts;
  private readonly held: HeldProposals;
  private pending: Pending[] = [];
  private pendingChanges: ConfChange[] = [];
  private stopped = false;

  constructor(parts: ProposerParts) {
    this.parts = parts;
    this.held = new HeldProposals(parts);
  }

  /**
   * What this member does as the leader, and a successor would judge anew, such as the end of a lease that may have been
   * renewed there: it comes into the log in this term, or not at all.
   * @throws EtcdError LeaderChanged, and as `propose`
   */
  proposeAsLeader(request: Partial<InternalRaftRequest>): Promise<Applied> {
    return this.propose(request, this.parts.node.raft.term);
  }

  /**
   * The bytes of the request must not change before it is answered.
   * Rejects with EtcdError TooManyRequests, RequestTooLarge, Timeout…, Stopped.
   */
  propose(request: Partial<InternalRaftRequest>, term?: number): Promise<Applied> {
    if (this.stopped) return Promise.reject(new EtcdError('Stopped'));
    const { ids, waiters, appliedIndex, commitIndex, maxRequestBytes } = this.parts;
    const isRevocation = request.leaseRevoke !== undefined;
    const gap = commitIndex() - appliedIndex();
    // Leases have to end in time, so that their revocations may queue a little further.
    if (gap > MAX_APPLY_GAP * (isRevocation ? 1.1 : 1))
      return Promise.reject(new EtcdError('RequestTooManyRequests'));
    const id = ids.next();
    const whole = InternalRaftRequest.create(request);
    whole.header = { id, username: '', authRevision: 0 };
    const sizeBytes = InternalRaftRequest.sizeOf(whole);
    if (sizeBytes > maxRequestBytes) return Promise.reject(new EtcdError('RequestTooLarge'));
    const waiter = waiters.open(id);
    this.pending.push({ waiter, request: whole, sizeBytes, term });
    this.parts.wake();
    return waiter.answer;
  }

  /** Proposes a configuration change under the id that `change` has. */
  configure(change: ConfChange): Promise<Applied> {
    if (this.stopped) return Promise.reject(new EtcdError('Stopped'));
    this.pendingChanges.push(change);
    this.parts.wake();
    return this.parts.waiters.wait(change.id);
  }

  /** A proposal of this member or another one that surely came into no log. It is tried again until its time is over. */
  hold(message: Message): void {
    this.held.hold(message);
  }

  /** To be called when a leader may be there that was not: what waited for it can go. */
  retry(): void {
    if (this.parts.canPropose()) this.held.retry();
    if (this.pending.length > 0 || this.pendingChanges.length > 0) this.parts.wake();
  }

  stop(): void {
    this.stopped = true;
    this.pending = [];
    this.pendingChanges = [];
  }

  /** Hands raft everything that came since the last call, as one batch. */
  flush(): void {
    if (this.pending.length === 0 && this.pendingChanges.length === 0) return;
    if (this.stopped || !this.parts.canPropose()) return;
    const { pending } = this;
    this.pending = [];
    this.proposeAll(pending);
    const changes = this.parts.canConfigure() ? this.pendingChanges.splice(0) : [];
    for (const change of changes) if (!this.proposeChange(change)) this.pendingChanges.push(change);
  }

  private proposeAll(pending: readonly Pending[]): void {
    const { node } = this.parts;
    const { term } = node.raft;
    const batch: Pending[] = [];
    let sizeBytes = 0;
    for (const one of pending) {
      // Those that came back may have timed out in the meantime.
      if (!one.waiter.isOpen || !this.mayGo(one)) continue;
      one.waiter.term = term;
      sizeBytes += one.sizeBytes;
      batch.push(one);
    }
    if (batch.length === 0) return;
    if (this.accepts(() => node.proposeBatch(encodeAll(batch, sizeBytes)))) return;
    for (const { waiter } of batch) waiter.term = UNPROPOSED;
    this.pending.unshift(...batch);
  }

  private proposeChange(change: ConfChange): boolean {
    const { node, waiters } = this.parts;
    waiters.proposed(change.id, node.raft.term);
    if (this.accepts(() => node.proposeConfChange(change))) return true;
    waiters.unproposed(change.id);
    return false;
  }

  private mayGo({ waiter, term }: Pending): boolean {
    const { raft } = this.parts.node;
    if (term === undefined || (raft.role === 'leader' && raft.term === term)) return true;
    this.parts.waiters.reject(waiter.id, new EtcdError('LeaderChanged'));
    return false;
  }

  /** False when raft took nothing, as while leadership is handed over: then it waits for `retry`. */
  private accepts(propose: () => void): boolean {
    try {
      propose();
      return true;
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      return false;
    }
  }
}

/** The requests as entries hold them, together in one piece of memory: they grow old, and are let go, together. */
function encodeAll(batch: readonly Pending[], sizeBytes: number): Uint8Array[] {
  const writer = new Writer(new Uint8Array(sizeBytes));
  const datas: Uint8Array[] = [];
  for (const { request } of batch) {
    const start = writer.position;
    InternalRaftRequest.write(request, writer);
    datas.push(writer.bytes.subarray(start, writer.position));
  }
  return datas;
}
