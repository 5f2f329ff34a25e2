// What every call has to pass: a learner serves little, and a call that requires a leader needs one
// (etcd: server/etcdserver/api/v3rpc/interceptor.go).
import { EtcdError, NO_MEMBER, type CallContext } from '../base/index.ts';
import type { Member } from './member.ts';

/** Linearizable reads on a learner fail later, in the handler. */
const LEARNER_METHODS = new Set([
  '/etcdserverpb.Maintenance/Status',
  '/etcdserverpb.Maintenance/Snapshot',
  '/etcdserverpb.KV/Range',
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
]);

/** Returns the error that the call is answered with, or undefined. */
export function learnerGuard(member: Member): (call: CallContext) => EtcdError | undefined {
  return (call) => {
    if (member.membership.isLocalLearner && !LEARNER_METHODS.has(call.path)) {
      return new EtcdError('NotSupportedForLearner');
    }
    if (member.leader === NO_MEMBER && call.header('hasleader') === 'true') {
      return new EtcdError('NoLeader');
    }
    return undefined;
  };
}
