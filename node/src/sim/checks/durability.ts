// In the end every member holds what the log makes, the same hash stands for the same revision everywhere and always, and
// there has been one cluster, in which each machine was the member that it said it was.
import { formatId, latin1FromBytes } from '../../base/index.ts';
import type { KeyValue } from '../../wire/gen/kv.ts';
import { MaintenanceService, type HashKVResponse } from '../../wire/gen/rpc.ts';
import { headerOf } from './answers/answers.ts';
import type { CheckContext } from './context.ts';
import type { FinalState, OperationRecord } from './observer.ts';
import { textOfKeyValue } from './text.ts';

const CHECK = 'durability';
/** While a member is read, leases may still expire: its content may be of so many revisions later than was said. */
const MOVING_REVISIONS = 50;

export class DurabilityCheck {
  private readonly context: CheckContext;
  private hashes = new Map<string, { readonly hash: number; readonly host: string }>();
  private clusterId: bigint | undefined;
  private readonly memberIds = new Map<string, Set<bigint>>();

  constructor(context: CheckContext) {
    this.context = context;
  }

  started(host: string, memberId: bigint): void {
    const ids = this.memberIds.get(host);
    if (ids === undefined) this.memberIds.set(host, new Set([memberId]));
    else ids.add(memberId);
  }

  returned(record: OperationRecord): void {
    if (record.outcome !== 'ok') return;
    const { host } = record;
    const header = headerOf(record);
    if (header === undefined) return;
    if (header.clusterId !== 0n) this.checkCluster(host, header.clusterId);
    const ids = this.memberIds.get(host);
    if (ids !== undefined && header.memberId !== 0n && !ids.has(header.memberId)) {
      this.report('identity', `${host} answered as member ${formatId(header.memberId)}`);
    }
    if (record.path !== MaintenanceService.hashKV.path) return;
    const { hash, hashRevision, compactRevision } = record.response as HashKVResponse; // the path's
    this.checkHash(host, hash, hashRevision, compactRevision);
  }

  /** The restored cluster is another one, with another history. */
  restored(): void {
    this.clusterId = undefined;
    this.hashes = new Map();
    this.memberIds.clear();
  }

  finish(states: readonly FinalState[]): void {
    for (const state of states) {
      const { host, clusterId, hash, revision, compactRevision } = state;
      this.checkCluster(host, clusterId);
      this.checkHash(host, hash, revision, compactRevision);
      this.checkContent(state);
    }
  }

  private checkCluster(host: string, clusterId: bigint): void {
    if (this.clusterId === undefined) this.clusterId = clusterId;
    if (this.clusterId === clusterId) return;
    const both = `${formatId(clusterId)} beside ${formatId(this.clusterId)}`;
    this.report('oneCluster', `${host} is in the cluster ${both}`);
  }

  private checkHash(host: string, hash: number, revision: number, compacted: number): void {
    if (revision > this.context.model.revision) {
      this.report(CHECK, `${host} hashed revision ${revision}, which is not there`);
      return;
    }
    // Never compacted is 0 or −1, depending on who says it.
    const key = `revision ${revision} compacted at ${Math.max(0, compacted)}`;
    const known = this.hashes.get(key);
    if (known === undefined) this.hashes.set(key, { hash, host });
    else if (known.hash !== hash) {
      this.report('hash', `${key} is ${hash} on ${host}, and was ${known.hash} on ${known.host}`);
    }
  }

  private checkContent({ host, revision, keyValues }: FinalState): void {
    const { model } = this.context;
    if (revision > model.revision) {
      const text = `${host} ends at revision ${revision}; the latest is ${model.revision}`;
      this.report(CHECK, text);
      return;
    }
    const found = [...keyValues];
    const last = Math.min(model.revision, revision + MOVING_REVISIONS);
    for (let at = revision; at <= last; at++) {
      if (firstDifference(found, this.contentAt(at)) === undefined) return;
    }
    const difference = firstDifference(found, this.contentAt(revision));
    this.report(CHECK, `${host} at revision ${revision}: ${difference}`);
  }

  private contentAt(revision: number): KeyValue[] {
    return this.context.model.store.range({ from: '', to: undefined }, revision);
  }

  private report(check: string, text: string): void {
    this.context.report(check, text);
  }
}

function firstDifference(
  found: readonly KeyValue[],
  expected: readonly KeyValue[],
): string | undefined {
  for (let i = 0; i < Math.max(found.length, expected.length); i++) {
    const [seen, due] = [textOfKeyValue(found[i]), textOfKeyValue(expected[i])];
    if (seen === due) continue;
    const key = latin1FromBytes((expected[i] ?? found[i])!.key);
    return `at ${JSON.stringify(key)} it holds ${seen}, due is ${due}`;
  }
  return undefined;
}
