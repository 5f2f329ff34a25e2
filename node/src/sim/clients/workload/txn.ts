// A client of transactions: as kube-apiserver sends them, and mixed ones of every shape.
import { bytesFromLatin1, latin1FromBytes } from '../../../base/index.ts';
import type { KeyValue } from '../../../wire/gen/kv.ts';
import { KVService, type TxnRequest, type TxnResponse } from '../../../wire/gen/rpc.ts';
import type { Actor } from './actor.ts';
import { CallError } from '../call-error.ts';
import { oneKey } from './key-space.ts';
import { TxnMaker } from './mixed-txn.ts';
import { compareMod, deleteOp, putOp, rangeOp } from './txn-shapes.ts';
import { pickWeighted, type Weighted } from './weighted.ts';

type Act = (state: TxnClient) => Promise<unknown>;

const ACTS: Weighted<Act> = [
  [20, (state) => state.create()],
  [30, (state) => state.update()],
  [10, (state) => state.remove()],
  [12, (state) => state.read()],
  [30, (state) => state.txn(state.maker.any())],
];

export function runTxn(actor: Actor): Promise<void> {
  const state = new TxnClient(actor);
  return actor.repeat(() => pickWeighted(actor.random, ACTS)(state));
}

class TxnClient {
  readonly actor: Actor;
  /** By key, as this client saw it last: what it compares with is right for a while. */
  readonly seen = new Map<string, KeyValue>();
  readonly maker: TxnMaker;

  constructor(actor: Actor) {
    this.actor = actor;
    this.maker = new TxnMaker(actor, this.seen);
  }

  /** Put unless the key exists: no else branch. */
  create(): Promise<unknown> {
    const { keys, random, values } = this.actor;
    const key = keys.any(random);
    return this.txn({ compare: [compareMod(key, 0)], success: [putOp(key, values.next(random))] });
  }

  /** Put if the key is as it was seen; else get. */
  async update(): Promise<unknown> {
    const { keys, random, values } = this.actor;
    const key = keys.any(random);
    const known = this.seen.get(key) ?? (await this.get(key));
    return this.txn({
      compare: [compareMod(key, known?.modRevision ?? 0)],
      success: [putOp(key, values.next(random))],
      failure: [rangeOp(oneKey(key))],
    });
  }

  async remove(): Promise<unknown> {
    const { keys, random } = this.actor;
    const key = keys.any(random);
    const known = this.seen.get(key) ?? (await this.get(key));
    if (known === undefined) return undefined;
    return this.txn({
      compare: [compareMod(key, known.modRevision)],
      success: [deleteOp(oneKey(key))],
      failure: [rangeOp(oneKey(key))],
    });
  }

  read(): Promise<unknown> {
    return this.get(this.actor.keys.any(this.actor.random));
  }

  async txn(request: Partial<TxnRequest>): Promise<void> {
    const response = await this.actor.ask(KVService.txn, request);
    if (response instanceof CallError) return;
    // What it wrote it does not know any more.
    for (const op of response.succeeded ? (request.success ?? []) : []) {
      const changed = op.requestPut ?? op.requestDeleteRange;
      if (changed !== undefined) this.seen.delete(latin1FromBytes(changed.key));
    }
    this.learn(response);
  }

  private async get(key: string): Promise<KeyValue | undefined> {
    const response = await this.actor.ask(KVService.range, {
      key: bytesFromLatin1(key),
      limit: 1,
    });
    if (response instanceof CallError) return undefined;
    this.see(key, response.kvs[0]);
    return response.kvs[0];
  }

  private learn(response: TxnResponse): void {
    for (const { responseRange, responseTxn } of response.responses) {
      for (const kv of responseRange?.kvs ?? []) this.see(latin1FromBytes(kv.key), kv);
      if (responseTxn !== undefined) this.learn(responseTxn);
    }
  }

  private see(key: string, kv: KeyValue | undefined): void {
    if (kv === undefined) this.seen.delete(key);
    else this.seen.set(key, kv);
  }
}
