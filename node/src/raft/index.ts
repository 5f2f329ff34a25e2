// The raft room: the consensus algorithm as a pure state machine, equal in behaviour to etcd-io/raft.
export {
  type AnyConfChange,
  asV2,
  confChangeOf,
  isConfChangeEntry,
  isConfChangeV2,
} from './confchange/conf-change.ts';
export { ConfChangeError } from './confchange/changer.ts';
export type { RaftConfig } from './config.ts';
export { RaftError, type RaftErrorCode } from './errors.ts';
export { MemoryStorage, type StoredState } from './memory-storage.ts';
export type { Testimony, Verdict, Witnesses } from './probation.ts';
export { RawNode } from './raw-node.ts';
export { readsAlone } from './read-index.ts';
export type { ReadState, Ready, Role, SoftState } from './ready.ts';
export { type BootstrapPeer, isEmptyHardState } from './start.ts';
export type { BasicStatus, MemberProgress, RaftStatus } from './status.ts';
export type { ProgressState } from './tracker/progress.ts';
