// What decoding and encoding of the commonest messages cost.
import type { Benchmarks } from '../base/testing/benchmark.ts';
import { KeyValue } from './gen/kv.ts';
import { Entry, Message, MessageType } from './gen/raft.ts';
import { InternalRaftRequest, RequestHeader } from './gen/raft-internal.ts';
import {
  Compare,
  CompareResult,
  CompareTarget,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  TxnRequest,
} from './gen/rpc.ts';
import { decode, encode } from './codec.ts';

const KEY = new TextEncoder().encode('/registry/pods/default/web-0001');
const VALUE = new Uint8Array(256).fill(7);

const put = PutRequest.create({ key: KEY, value: VALUE });
const putBytes = encode(PutRequest, put);
const range = RangeRequest.create({ key: KEY });
const rangeBytes = encode(RangeRequest, range);
const header = ResponseHeader.create({
  clusterId: 0xcdf818194e3a8c32n,
  memberId: 0x8e9e05c52164694dn,
  revision: 123_456,
  raftTerm: 7,
});
const keyValue = KeyValue.create({
  key: KEY,
  createRevision: 1000,
  modRevision: 123_456,
  version: 17,
  value: VALUE,
});
const keyValueBytes = encode(KeyValue, keyValue);
const putResponse = PutResponse.create({ header });
const rangeResponse = RangeResponse.create({ header, kvs: [keyValue], count: 1 });
const proposal = InternalRaftRequest.create({
  header: RequestHeader.create({ id: 0x1234_5678_9abc_def0n }),
  put,
});
const proposalBytes = encode(InternalRaftRequest, proposal);
const append = Message.create({
  type: MessageType.MsgApp,
  to: 2n,
  from: 1n,
  term: 7,
  logTerm: 7,
  index: 123_456,
  commit: 123_455,
  entries: [Entry.create({ term: 7, index: 123_457, data: proposalBytes })],
});
const appendBytes = encode(Message, append);

/** As kube-apiserver updates an object. */
const transaction = TxnRequest.create({
  compare: [
    Compare.create({
      result: CompareResult.EQUAL,
      target: CompareTarget.MOD,
      key: KEY,
      modRevision: 123_456,
    }),
  ],
  success: [RequestOp.create({ requestPut: put })],
  failure: [RequestOp.create({ requestRange: range })],
});
const transactionBytes = encode(TxnRequest, transaction);

export const benchmarks: Benchmarks = {
  'wire: decode a put of 256 B': { start: () => () => decode(PutRequest, putBytes) },
  'wire: decode a range of one key': { start: () => () => decode(RangeRequest, rangeBytes) },
  'wire: decode a transaction that updates an object': {
    start: () => () => decode(TxnRequest, transactionBytes),
  },
  'wire: decode a stored key-value of 256 B': {
    start: () => () => decode(KeyValue, keyValueBytes),
  },
  'wire: decode an entry with a put': {
    start: () => () => decode(InternalRaftRequest, proposalBytes),
  },
  'wire: decode a MsgApp of one entry': { start: () => () => decode(Message, appendBytes) },
  'wire: encode a put response': { start: () => () => encode(PutResponse, putResponse) },
  'wire: encode a range response of one key': {
    start: () => () => encode(RangeResponse, rangeResponse),
  },
  'wire: encode a stored key-value of 256 B': { start: () => () => encode(KeyValue, keyValue) },
  'wire: encode an entry with a put': {
    start: () => () => encode(InternalRaftRequest, proposal),
  },
  'wire: encode a MsgApp of one entry': { start: () => () => encode(Message, append) },
};
