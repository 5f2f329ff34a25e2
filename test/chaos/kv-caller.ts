// The operations of a history as requests to one member.
import { textFromUtf8, utf8FromText } from '../../node/src/base/index.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  KVService,
  PutRequest,
  RequestOp,
} from '../../node/src/wire/gen/rpc.ts';
import type { Caller } from '../integration/support/caller.ts';
import type { Answer, KvOperation } from './history.ts';

/** @throws grpc.ServiceError; the outcome is unknown then */
export async function perform(
  caller: Caller,
  key: string,
  operation: KvOperation,
  timeoutMs: number,
): Promise<Answer> {
  const keyBytes = utf8FromText(key);
  switch (operation.kind) {
    case 'get': {
      const { header, kvs } = await caller.unary(KVService.range, { key: keyBytes }, timeoutMs);
      const [kv] = kvs;
      const found = kv && { value: textFromUtf8(kv.value) ?? '', version: kv.version };
      return { result: { kind: 'get', found }, revision: header?.revision ?? 0 };
    }
    case 'put': {
      const request = { key: keyBytes, value: utf8FromText(operation.value) };
      const { header } = await caller.unary(KVService.put, request, timeoutMs);
      return { result: { kind: 'put' }, revision: header?.revision ?? 0 };
    }
    case 'delete': {
      const answer = await caller.unary(KVService.deleteRange, { key: keyBytes }, timeoutMs);
      const { header, deleted } = answer;
      return { result: { kind: 'delete', deleted }, revision: header?.revision ?? 0 };
    }
    case 'compareAndSwap': {
      const request = {
        compare: [comparison(keyBytes, operation.expected)],
        success: [
          RequestOp.create({
            requestPut: PutRequest.create({ key: keyBytes, value: utf8FromText(operation.value) }),
          }),
        ],
      };
      const { header, succeeded } = await caller.unary(KVService.txn, request, timeoutMs);
      return { result: { kind: 'compareAndSwap', succeeded }, revision: header?.revision ?? 0 };
    }
  }
}

function comparison(key: Uint8Array, expected: string | undefined): Compare {
  const equal = { key, result: CompareResult.EQUAL };
  return expected === undefined
    ? Compare.create({ ...equal, target: CompareTarget.CREATE, createRevision: 0 })
    : Compare.create({ ...equal, target: CompareTarget.VALUE, value: utf8FromText(expected) });
}
