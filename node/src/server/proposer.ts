// Requests on their way into raft: checked against the limits, gathered for one turn of the event loop, proposed as one
// batch. Without a leader they wait for one until they time out, as etcd's do.
import { EtcdError, type Clock, type Logger } from '../base/index.ts';
import type { Applied } from '../apply/index.ts';
import { RaftError, type RawNode } from '../raft/index.ts';
import { encode } from '../wire/index.ts';
import type { ConfChange, Message } from '../wire/gen/raft.ts';
import { InternalRaftRequest, RequestHeader } from '../wire/gen/raft-internal.ts';
import { HeldProposals } from './held-proposals.ts';
import type { RequestIds, Waiters } from './proposals.ts';

/** Entries that may be committed and not yet applied before new requests are refused. */
const MAX_APPLY_GAP = 5_000;

export interface ProposerParts {
  readonly node: RawNode;
  readonly clock: Clock;
  readonly ids: RequestIds;
  readonly waiters: Waiters;
  readonly logger: Logger;
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
  readonly wake: () => void;
}

interface Pending {
  readonly id: bigint;
  readonly data: Uint8Array;
  /** The only term in which it may be proposed, by its leader; undefined for a client's, which any leader may have. */
  readonly term: number | undefined;
}

export class Proposer {
  private readonly parts: ProposerParts;
  private readonly held: HeldProposals;
  private pending: Pending[] = [];
  private pendingChanges: ConfChange[] = [];
  private scheduled = false;
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

  /** @throws EtcdError TooManyRequests, RequestTooLarge, Timeout…, Stopped */
  async propose(request: Partial<InternalRaftRequest>, term?: number): Promise<Applied> {
    if (this.stopped) throw new EtcdError('Stopped');
    const { ids, waiters, appliedIndex, commitIndex, maxRequestBytes } = this.parts;
    const isRevocation = request.leaseRevoke !== undefined;
    const gap = commitIndex() - appliedIndex();
    // Leases have to end in time, so that their revocations may queue a little further.
    if (gap > MAX_APPLY_GAP * (isRevocation ? 1.1 : 1))
      throw new EtcdError('RequestTooManyRequests');
    const id = ids.next();
    const header = RequestHeader.create({ id });
    const data = encode(InternalRaftRequest, InternalRaftRequest.create({ ...request, header }));
    if (data.length > maxRequestBytes) throw new EtcdError('RequestTooLarge');
    this.pending.push({ id, data, term });
    this.schedule();
    return waiters.wait(id);
  }

  /** Proposes a configuration change under the id that `change` has. */
  configure(change: ConfChange): Promise<Applied> {
    if (this.stopped) return Promise.reject(new EtcdError('Stopped'));
    this.pendingChanges.push(change);
    this.schedule();
    return this.parts.waiters.wait(change.id);
  }

  /** A proposal of this member or another one that surely came into no log. It is tried again until its time is over. */
  hold(message: Message): void {
    this.held.hold(message);
  }

  /** To be called when a leader may be there that was not: what waited for it can go. */
  retry(): void {
    if (this.parts.canPropose()) this.held.retry();
    if (this.pending.length > 0 || this.pendingChanges.length > 0) this.schedule();
  }

  stop(): void {
    this.stopped = true;
    this.pending = [];
    this.pendingChanges = [];
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.stopped || !this.parts.canPropose()) return;
    // Those that came back may have timed out in the meantime.
    const batch = this.pending.filter((one) => this.parts.waiters.has(one.id) && this.mayGo(one));
    const changes = this.parts.canConfigure() ? this.pendingChanges.splice(0) : [];
    this.pending = [];
    const { node } = this.parts;
    const datas = batch.map((one) => one.data);
    if (!this.guarded(batch, () => node.proposeBatch(datas))) this.pending.unshift(...batch);
    for (const change of changes) {
      if (!this.guarded([change], () => node.proposeConfChange(change)))
        this.pendingChanges.push(change);
    }
    this.parts.wake();
  }

  private mayGo({ id, term }: Pending): boolean {
    const { raft } = this.parts.node;
    if (term === undefined || (raft.role === 'leader' && raft.term === term)) return true;
    this.parts.waiters.reject(id, new EtcdError('LeaderChanged'));
    return false;
  }

  /** False when raft took nothing, as while leadership is handed over: then it waits for `retry`. */
  private guarded(batch: readonly { readonly id: bigint }[], propose: () => void): boolean {
    if (batch.length === 0) return true;
    const { term } = this.parts.node.raft;
    for (const { id } of batch) this.parts.waiters.proposed(id, term);
    try {
      propose();
      return true;
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      for (const { id } of batch) this.parts.waiters.unproposed(id);
      return false;
    }
  }
}
