// The one table of errors: a stable code, the gRPC status it travels under, and etcd's text, which clients match
// (api/v3rpc/rpctypes/error.go in etcd).

/** gRPC status codes (grpc/grpc: doc/statuscodes.md). */
export const GrpcStatus = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;
export type GrpcStatus = (typeof GrpcStatus)[keyof typeof GrpcStatus];

interface ErrorRow {
  readonly status: GrpcStatus;
  readonly text: string;
}

const row = (status: keyof typeof GrpcStatus, text: string): ErrorRow => ({
  status: GrpcStatus[status],
  text,
});

export const ERRORS = {
  EmptyKey: row('InvalidArgument', 'etcdserver: key is not provided'),
  KeyNotFound: row('InvalidArgument', 'etcdserver: key not found'),
  ValueProvided: row('InvalidArgument', 'etcdserver: value is provided'),
  LeaseProvided: row('InvalidArgument', 'etcdserver: lease is provided'),
  TooManyOps: row('InvalidArgument', 'etcdserver: too many operations in txn request'),
  DuplicateKey: row('InvalidArgument', 'etcdserver: duplicate key given in txn request'),
  InvalidClientAPIVersion: row('InvalidArgument', 'etcdserver: invalid client api version'),
  InvalidSortOption: row('InvalidArgument', 'etcdserver: invalid sort option'),
  Compacted: row('OutOfRange', 'etcdserver: mvcc: required revision has been compacted'),
  FutureRev: row('OutOfRange', 'etcdserver: mvcc: required revision is a future revision'),
  NoSpace: row('ResourceExhausted', 'etcdserver: mvcc: database space exceeded'),
  LeaseNotFound: row('NotFound', 'etcdserver: requested lease not found'),
  LeaseExist: row('FailedPrecondition', 'etcdserver: lease already exists'),
  LeaseTTLTooLarge: row('OutOfRange', 'etcdserver: too large lease TTL'),
  WatchCanceled: row('Canceled', 'etcdserver: watch canceled'),
  MemberExist: row('FailedPrecondition', 'etcdserver: member ID already exist'),
  PeerURLExist: row('FailedPrecondition', 'etcdserver: Peer URLs already exists'),
  MemberNotEnoughStarted: row(
    'FailedPrecondition',
    'etcdserver: re-configuration failed due to not enough started members',
  ),
  MemberBadURLs: row('InvalidArgument', 'etcdserver: given member URLs are invalid'),
  MemberNotFound: row('NotFound', 'etcdserver: member not found'),
  MemberNotLearner: row('FailedPrecondition', 'etcdserver: can only promote a learner member'),
  LearnerNotReady: row(
    'FailedPrecondition',
    'etcdserver: can only promote a learner member which is in sync with leader',
  ),
  TooManyLearners: row('FailedPrecondition', 'etcdserver: too many learner members in cluster'),
  ClusterIDMismatch: row('FailedPrecondition', 'etcdserver: cluster ID mismatch'),
  RequestTooLarge: row('InvalidArgument', 'etcdserver: request is too large'),
  RequestTooManyRequests: row('ResourceExhausted', 'etcdserver: too many requests'),
  RootUserNotExist: row('FailedPrecondition', 'etcdserver: root user does not exist'),
  RootRoleNotExist: row('FailedPrecondition', 'etcdserver: root user does not have root role'),
  UserAlreadyExist: row('FailedPrecondition', 'etcdserver: user name already exists'),
  UserEmpty: row('InvalidArgument', 'etcdserver: user name is empty'),
  UserNotFound: row('FailedPrecondition', 'etcdserver: user name not found'),
  RoleAlreadyExist: row('FailedPrecondition', 'etcdserver: role name already exists'),
  RoleNotFound: row('FailedPrecondition', 'etcdserver: role name not found'),
  RoleEmpty: row('InvalidArgument', 'etcdserver: role name is empty'),
  AuthFailed: row(
    'InvalidArgument',
    'etcdserver: authentication failed, invalid user ID or password',
  ),
  PermissionNotGiven: row('InvalidArgument', 'etcdserver: permission not given'),
  PermissionDenied: row('PermissionDenied', 'etcdserver: permission denied'),
  RoleNotGranted: row('FailedPrecondition', 'etcdserver: role is not granted to the user'),
  PermissionNotGranted: row(
    'FailedPrecondition',
    'etcdserver: permission is not granted to the role',
  ),
  AuthNotEnabled: row('FailedPrecondition', 'etcdserver: authentication is not enabled'),
  InvalidAuthToken: row('Unauthenticated', 'etcdserver: invalid auth token'),
  InvalidAuthMgmt: row('InvalidArgument', 'etcdserver: invalid auth management'),
  AuthOldRevision: row('InvalidArgument', 'etcdserver: revision of auth store is old'),
  NoLeader: row('Unavailable', 'etcdserver: no leader'),
  NotLeader: row('FailedPrecondition', 'etcdserver: not leader'),
  LeaderChanged: row('Unavailable', 'etcdserver: leader changed'),
  NotCapable: row('FailedPrecondition', 'etcdserver: not capable'),
  Stopped: row('Unavailable', 'etcdserver: server stopped'),
  Timeout: row('Unavailable', 'etcdserver: request timed out'),
  TimeoutDueToLeaderFail: row(
    'Unavailable',
    'etcdserver: request timed out, possibly due to previous leader failure',
  ),
  TimeoutDueToConnectionLost: row(
    'Unavailable',
    'etcdserver: request timed out, possibly due to connection lost',
  ),
  TimeoutWaitAppliedIndex: row(
    'Unavailable',
    'etcdserver: request timed out, waiting for the applied index took too long',
  ),
  Unhealthy: row('Unavailable', 'etcdserver: unhealthy cluster'),
  Corrupt: row('DataLoss', 'etcdserver: corrupt cluster'),
  NotSupportedForLearner: row('FailedPrecondition', 'etcdserver: rpc not supported for learner'),
  BadLeaderTransferee: row('FailedPrecondition', 'etcdserver: bad leader transferee'),
  WrongDowngradeVersionFormat: row(
    'InvalidArgument',
    'etcdserver: wrong downgrade target version format',
  ),
  InvalidDowngradeTargetVersion: row(
    'InvalidArgument',
    'etcdserver: invalid downgrade target version',
  ),
  ClusterVersionUnavailable: row(
    'FailedPrecondition',
    'etcdserver: cluster version not found during downgrade',
  ),
  DowngradeInProcess: row(
    'FailedPrecondition',
    'etcdserver: cluster has a downgrade job in progress',
  ),
  NoInflightDowngrade: row('FailedPrecondition', 'etcdserver: no inflight downgrade job'),
  Canceled: row('Canceled', 'etcdserver: request canceled'),
  DeadlineExceeded: row('DeadlineExceeded', 'etcdserver: context deadline exceeded'),
} satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** What a caller did or met that etcd has a name for. Match on `code`; `message` is etcd's text. */
export class EtcdError extends Error {
  readonly code: ErrorCode;
  readonly status: GrpcStatus;

  constructor(code: ErrorCode) {
    super(ERRORS[code].text);
    this.name = 'EtcdError';
    this.code = code;
    this.status = ERRORS[code].status;
  }
}

/** A gRPC status with a text of its own, for what etcd has no code for (bad protobuf, unknown method, limits). */
export class StatusError extends Error {
  readonly status: GrpcStatus;

  constructor(status: GrpcStatus, message: string) {
    super(message);
    this.name = 'StatusError';
    this.status = status;
  }
}

const codeByText = new Map<string, ErrorCode>(
  Object.entries(ERRORS).map(([code, entry]) => [entry.text, code as ErrorCode]),
);

/** The code whose text a server sent, or undefined. */
export function errorCodeFromText(text: string): ErrorCode | undefined {
  return codeByText.get(text);
}

export function isEtcdError(error: unknown, code?: ErrorCode): error is EtcdError {
  return error instanceof EtcdError && (code === undefined || error.code === code);
}
