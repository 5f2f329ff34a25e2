// Locks and elections: of each name there is one holder at a time, from the answer that says so until it gives up, its
// lease ends, or its key goes (etcd: client/v3/concurrency, mutex.go and election.go).
import { latin1FromBytes } from '../../base/index.ts';
import {
  ElectionService,
  type CampaignRequest,
  type CampaignResponse,
  type LeaderRequest,
  type LeaderResponse,
  type ResignRequest,
} from '../../wire/gen/v3election.ts';
import {
  LockService,
  type LockRequest,
  type LockResponse,
  type UnlockRequest,
} from '../../wire/gen/v3lock.ts';
import type { CheckContext } from './context.ts';
import type { OperationRecord } from './observer.ts';
import { show, textOfKeyValue } from './text.ts';

const CHECK = 'exclusion';

interface Holder {
  readonly record: OperationRecord;
  readonly name: string;
  readonly key: string;
  readonly createRevision: number;
  /** Revision in which the answer saw it; it may have lost its key since. */
  readonly revision: number;
}

export class ExclusionCheck {
  private readonly context: CheckContext;
  private holders: Holder[] = [];

  constructor(context: CheckContext) {
    this.context = context;
  }

  /** From the moment that a holder asks to give up, nobody relies on it. */
  called({ path, request }: OperationRecord): void {
    // Each path has its own request message.
    if (path === LockService.unlock.path) this.gaveUp((request as UnlockRequest).key);
    if (path === ElectionService.resign.path) {
      const { leader } = request as ResignRequest;
      if (leader !== undefined) this.gaveUp(leader.key);
    }
  }

  returned(record: OperationRecord): void {
    if (record.outcome !== 'ok') return;
    const { path, request, response } = record;
    // Each path has its own messages.
    switch (path) {
      case LockService.lock.path: {
        const { key, header } = response as LockResponse;
        const { name } = request as LockRequest;
        this.holds(record, name, key, header?.revision ?? 0);
        break;
      }
      case ElectionService.campaign.path: {
        const { leader, header } = response as CampaignResponse;
        const { name } = request as CampaignRequest;
        if (leader !== undefined) this.holds(record, name, leader.key, header?.revision ?? 0);
        break;
      }
      case ElectionService.leader.path:
        this.checkLeader(request as LeaderRequest, response as LeaderResponse);
        break;
      default:
    }
  }

  restored(): void {
    this.holders = [];
  }

  private holds(
    record: OperationRecord,
    nameBytes: Uint8Array,
    keyBytes: Uint8Array,
    revision: number,
  ): void {
    const { store } = this.context.model;
    const name = latin1FromBytes(nameBytes);
    const key = latin1FromBytes(keyBytes);
    const kv = store.at(key, revision);
    if (kv === undefined) {
      this.report(
        record,
        `holds ${show(name)} under ${show(key)}, which revision ${revision} lacks`,
      );
      return;
    }
    const { createRevision } = kv;
    const holder: Holder = { record, name, key, createRevision, revision };
    this.holders = this.holders.filter((other) => this.stillHolds(other));
    if (!this.stillHolds(holder)) return;
    for (const other of this.holders) {
      if (other.name !== name || other.key === key) continue;
      this.report(record, `holds ${show(name)}, and so does operation ${other.record.id}`);
    }
    this.holders.push(holder);
  }

  /** A lease that ends takes the key along. */
  private stillHolds({ key, createRevision }: Holder): boolean {
    const { store } = this.context.model;
    return store.at(key, store.revision)?.createRevision === createRevision;
  }

  private gaveUp(keyBytes: Uint8Array): void {
    const key = latin1FromBytes(keyBytes);
    this.holders = this.holders.filter((holder) => holder.key !== key);
  }

  /** Who leads is who came first, of those that are there. */
  private checkLeader({ name }: LeaderRequest, { header, kv }: LeaderResponse): void {
    const { store } = this.context.model;
    const prefix = `${latin1FromBytes(name)}/`;
    const waiting = store
      .range({ from: prefix, to: undefined }, header?.revision ?? 0)
      .filter((one) => latin1FromBytes(one.key).startsWith(prefix));
    const [first] = waiting.sort((a, b) => a.createRevision - b.createRevision);
    if (textOfKeyValue(kv) === textOfKeyValue(first)) return;
    const text = `the leader of ${show(name)} at revision ${header?.revision}`;
    this.context.report(CHECK, `${text} is ${textOfKeyValue(first)}, not ${textOfKeyValue(kv)}`);
  }

  private report({ id, client }: OperationRecord, text: string): void {
    this.context.report(CHECK, `operation ${id} of ${client} ${text}`);
  }
}
