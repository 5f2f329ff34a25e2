// The typed client for Binnacle and etcd.
//
//   import { Client, compare, op } from '@binnacle/node/client';
//
//   const client = new Client({ endpoints: ['https://127.0.0.1:2379'], tls: { caFile, certFile, keyFile } });
//   await client.put('greeting', 'hello');
//   console.log((await client.get('greeting'))?.text());
//
//   const result = await client.txn()
//     .if(compare.value('greeting', '=', 'hello'))
//     .thenDo(op.put('greeting', 'good day'), op.get('name'))
//     .elseDo(op.get('greeting'))
//     .commit();
//   if (result.succeeded) console.log(result.results[1].kvs.length);
//
//   for await (const { events } of client.watch('jobs/', { prefix: true, prevKv: true })) {
//     for (const { type, kv } of events) console.log(type, kv.keyText(), kv.text());
//   }
//   client.close();
export { EtcdError, GrpcStatus, isEtcdError, StatusError, type ErrorCode } from '../base/errors.ts';
export { AuthClient, type Access, type RolePermission } from './auth.ts';
export { Client } from './client.ts';
export { ClusterClient, type Member, type MemberAddResult, type MembersResult } from './cluster.ts';
export { Election, NotLeaderError, type Leadership } from './election.ts';
export { LeaseLostError, WatchCompactedError } from './errors.ts';
export { prefixEnd, type Bytes, type KeySelector } from './keys.ts';
export { KvClient, type GetAllOptions } from './kv.ts';
export { Lease, LeaseClient, type GrantResult, type TimeToLiveResult } from './lease.ts';
export { Mutex, type HeldLock } from './lock.ts';
export {
  MaintenanceClient,
  type Alarm,
  type AlarmKind,
  type HashResult,
  type MemberCallOptions,
  type StatusResult,
} from './maintenance.ts';
export type { CallOptions, ClientOptions, TlsOptions, TlsPem } from './options.ts';
export type { DeleteOptions, GetOptions, PutOptions, RangeOptions } from './requests.ts';
export {
  KeyValue,
  type DeleteResult,
  type Header,
  type PutResult,
  type RangeResult,
} from './results.ts';
export { Session, type SessionOptions } from './session.ts';
export { compare, op, Txn, type Op, type OpResults, type Relation, type TxnResult } from './txn.ts';
export {
  Watch,
  type WatchEvent,
  type WatchListener,
  type WatchOptions,
  type WatchResponse,
} from './watch.ts';
