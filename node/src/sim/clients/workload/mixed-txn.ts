// Transactions of every shape, made by chance.
import { bytesFromLatin1 } from '../../../base/index.ts';
import type { KeyValue } from '../../../wire/gen/kv.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  RequestOp,
  TxnRequest,
} from '../../../wire/gen/rpc.ts';
import type { Actor } from './actor.ts';
import { oneKey } from './key-space.ts';
import { rangeRequest } from './kv.ts';
import { deleteOp, putOp, rangeOp } from './txn-shapes.ts';

const MAX_DEPTH = 2;

/** Where a transaction stands within others. */
interface Place {
  readonly depth: number;
  /** Keys that those around it do not name: writing one of theirs again would be refused. */
  readonly free: readonly string[];
  /** Keys that those around it name: its compares must not see what happens to them there. */
  readonly around: readonly string[];
}

export class TxnMaker {
  private readonly actor: Actor;
  /** As the client saw them last. */
  private readonly seen: ReadonlyMap<string, KeyValue>;

  constructor(actor: Actor, seen: ReadonlyMap<string, KeyValue>) {
    this.actor = actor;
    this.seen = seen;
  }

  /** Any compares, then and else, with nested transactions. */
  any(): Partial<TxnRequest> {
    return this.txn({ depth: 0, free: this.actor.keys.keys, around: [] });
  }

  private txn(place: Place): Partial<TxnRequest> {
    const { random } = this.actor;
    return {
      compare: Array.from({ length: random.below(3) }, () => this.compare(place)),
      success: this.ops(place),
      failure: random.chance(0.6) ? this.ops(place) : [],
    };
  }

  private ops({ depth, free, around }: Place): RequestOp[] {
    const { random } = this.actor;
    const own = random.shuffled(free).slice(0, random.between(0, 4));
    const rest = free.filter((key) => !own.includes(key));
    // One transaction in twenty has the same key twice and is refused.
    if (own.length > 0 && random.chance(0.05)) own.push(own[0]!); // length > 0
    const ops = own.map((key) => this.op(key));
    if (depth >= MAX_DEPTH || !random.chance(depth === 0 ? 0.4 : 0.3)) return ops;
    const within = this.txn({ depth: depth + 1, free: rest, around: [...around, ...own] });
    const nested = RequestOp.create({ requestTxn: TxnRequest.create(within) });
    ops.splice(random.below(ops.length + 1), 0, nested);
    return ops;
  }

  private op(key: string): RequestOp {
    const { random, values, shared } = this.actor;
    const kind = random.below(9);
    if (kind < 4) {
      const isLeased = shared.leases.length > 0 && random.chance(0.05);
      const lease = isLeased ? random.pick(shared.leases) : 0n;
      return putOp(key, values.next(random), lease);
    }
    if (kind < 6) return deleteOp(oneKey(key), random.chance(0.3));
    return rangeOp({ ...rangeRequest(this.actor), ...oneKey(key) });
  }

  /** About a key or a range, most often with what was seen. */
  private compare({ around }: Place): Compare {
    const { random, keys } = this.actor;
    const isAround = around.length > 0 && random.chance(0.7);
    const key = isAround ? random.pick(around) : keys.any(random);
    const target = random.pick(Object.values(CompareTarget));
    const compare = Compare.create({
      ...(random.chance(0.9) ? oneKey(key) : keys.range(random)),
      target,
      result: random.chance(0.6) ? CompareResult.EQUAL : random.pick(Object.values(CompareResult)),
    });
    const known = this.seen.get(key);
    const off = random.chance(0.8) ? 0 : random.below(3);
    if (target === CompareTarget.VERSION) compare.version = (known?.version ?? 0) + off;
    if (target === CompareTarget.CREATE)
      compare.createRevision = (known?.createRevision ?? 0) + off;
    if (target === CompareTarget.MOD) compare.modRevision = (known?.modRevision ?? 0) + off;
    if (target === CompareTarget.VALUE) compare.value = known?.value ?? bytesFromLatin1('?');
    if (target === CompareTarget.LEASE) compare.lease = known?.lease ?? 0n;
    return compare;
  }
}
