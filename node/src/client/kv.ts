// Keys and values: reads, writes, compaction.
import { GrpcStatus, StatusError } from '../base/errors.ts';
import { CompactionRequest, KVService } from '../wire/gen/rpc.ts';
import { keyAfter, keyRange, type Bytes, type KeySelector } from './keys.ts';
import type { CallOptions } from './options.ts';
import {
  deleteRequest,
  putRequest,
  rangeRequest,
  type DeleteOptions,
  type GetOptions,
  type PutOptions,
  type RangeOptions,
} from './requests.ts';
import {
  deleteResult,
  headerOf,
  putResult,
  rangeResult,
  type DeleteResult,
  type Header,
  type KeyValue,
  type PutResult,
  type RangeResult,
} from './results.ts';
import type { Transport } from './transport.ts';
import { Txn } from './txn.ts';

export interface GetAllOptions
  extends Omit<RangeOptions, 'limit' | 'sort' | 'countOnly'>, CallOptions {
  /** Keys fetched at a time; 1,000 by default. */
  readonly pageSize?: number;
}

/** The KV service. Errors: EtcdError with etcd's codes, StatusError for the rest. */
export class KvClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One key, or undefined when there is none. Linearizable unless told otherwise, as all reads. */
  async get(key: Bytes, options: GetOptions & CallOptions = {}): Promise<KeyValue | undefined> {
    const result = await this.range(key, options);
    return result.kvs[0];
  }

  /** Keys in one answer, with the count and revision. For many keys see `getAll`. */
  async range(key: Bytes, options: RangeOptions & CallOptions = {}): Promise<RangeResult> {
    const request = rangeRequest(key, options);
    const call = { ...options, retry: 'repeatable' } as const;
    return rangeResult(await this.#transport.unary(KVService.range, request, call));
  }

  /** How many keys the range holds. */
  async count(key: Bytes, options: KeySelector & GetOptions & CallOptions = {}): Promise<number> {
    return (await this.range(key, { ...options, countOnly: true })).count;
  }

  /**
   * All keys of a range in their order, fetched in pages, all of the revision of the first page.
   * @throws EtcdError Compacted when that revision is compacted away before the end
   */
  async *getAll(key: Bytes, options: GetAllOptions = {}): AsyncGenerator<KeyValue, void, void> {
    const { pageSize = 1_000, prefix: _p, fromKey: _f, ...rest } = options;
    if (!(pageSize > 0)) throw new RangeError('pageSize is a positive number');
    const { rangeEnd } = keyRange(key, options);
    let from = keyRange(key, options).key;
    let revision = options.revision ?? 0;
    for (;;) {
      const single = rangeEnd.length === 0;
      const page = await this.range(from, {
        ...rest,
        revision,
        limit: pageSize,
        ...(single ? {} : { rangeEnd }),
      });
      yield* page.kvs;
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return;
      if (revision === 0) revision = page.revision;
      from = keyAfter(last.key);
    }
  }

  /**
   * Sets a key. Repeated by itself only when it surely was not executed; after any other failure it may have been.
   * @throws EtcdError NoSpace, LeaseNotFound, RequestTooLarge, KeyNotFound (with ignoreValue or ignoreLease), …
   */
  async put(key: Bytes, value: Bytes, options: PutOptions & CallOptions = {}): Promise<PutResult> {
    const request = putRequest(key, value, options);
    const call = { ...options, retry: 'once' } as const;
    return putResult(await this.#transport.unary(KVService.put, request, call));
  }

  /** Deletes a key or a range. Repeated by itself as a put is. */
  async delete(key: Bytes, options: DeleteOptions & CallOptions = {}): Promise<DeleteResult> {
    const request = deleteRequest(key, options);
    const call = { ...options, retry: 'once' } as const;
    return deleteResult(await this.#transport.unary(KVService.deleteRange, request, call));
  }

  /** Begins a transaction: `client.txn().if(…).thenDo(…).elseDo(…).commit()`. */
  txn(): Txn {
    return new Txn(this.#transport, [], [], []);
  }

  /**
   * Forgets all history before `revision`; the state at it stays readable.
   * @param options `physical` waits until the space is free in the file
   * @throws EtcdError Compacted when that was done before, FutureRev when the store is not that far
   */
  async compact(
    revision: number,
    options: CallOptions & { readonly physical?: boolean } = {},
  ): Promise<Header> {
    if (!Number.isSafeInteger(revision)) {
      throw new StatusError(GrpcStatus.InvalidArgument, 'a revision is a whole number');
    }
    const request = CompactionRequest.create({ revision, physical: options.physical ?? false });
    const call = { ...options, retry: 'once' } as const;
    return headerOf((await this.#transport.unary(KVService.compact, request, call)).header);
  }
}
