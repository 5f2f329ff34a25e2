// Generated from proto/raft_internal.proto by proto/generate.ts. Do not edit.
import type { Codec } from '../codec.ts';
import { bigVarintSize, delimitedSize, stringSize, varintSize } from '../writer.ts';
import { ClusterMemberAttrSetRequest, ClusterVersionSetRequest, DowngradeInfoSetRequest } from './membership.ts';
import { AlarmRequest, AuthDisableRequest, AuthEnableRequest, AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGetRequest, AuthRoleGrantPermissionRequest, AuthRoleListRequest, AuthRoleRevokePermissionRequest, AuthStatusRequest, AuthUserAddRequest, AuthUserChangePasswordRequest, AuthUserDeleteRequest, AuthUserGetRequest, AuthUserGrantRoleRequest, AuthUserListRequest, AuthUserRevokeRoleRequest, CompactionRequest, DeleteRangeRequest, DowngradeVersionTestRequest, LeaseCheckpointRequest, LeaseGrantRequest, LeaseRevokeRequest, PutRequest, RangeRequest, TxnRequest } from './rpc.ts';

export interface RequestHeader {
  id: bigint;
  username: string;
  authRevision: number;
}

export const RequestHeader: Codec<RequestHeader> = {
  name: 'etcdserverpb.RequestHeader',
  create(init) {
    const m: RequestHeader = { id: 0n, username: '', authRevision: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.username !== '') n += 1 + stringSize(m.username);
    if (m.authRevision !== 0) n += 1 + varintSize(m.authRevision);
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    if (m.username !== '') {
      w.varint(18);
      w.string(m.username);
    }
    if (m.authRevision !== 0) {
      w.varint(24);
      w.varint(m.authRevision);
    }
  },
  read(r, end, before) {
    let id_: bigint = 0n;
    let username_: string = '';
    let authRevision_: number = 0;
    if (before !== undefined) {
      id_ = before.id;
      username_ = before.username;
      authRevision_ = before.authRevision;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        case 18:
          username_ = r.string();
          break;
        case 24:
          authRevision_ = r.uint64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, username: username_, authRevision: authRevision_ };
  },
};

export interface InternalRaftRequest {
  id: bigint;
  range: RangeRequest | undefined;
  put: PutRequest | undefined;
  deleteRange: DeleteRangeRequest | undefined;
  txn: TxnRequest | undefined;
  compaction: CompactionRequest | undefined;
  leaseGrant: LeaseGrantRequest | undefined;
  leaseRevoke: LeaseRevokeRequest | undefined;
  alarm: AlarmRequest | undefined;
  leaseCheckpoint: LeaseCheckpointRequest | undefined;
  header: RequestHeader | undefined;
  authEnable: AuthEnableRequest | undefined;
  authDisable: AuthDisableRequest | undefined;
  authenticate: InternalAuthenticateRequest | undefined;
  authStatus: AuthStatusRequest | undefined;
  authUserAdd: AuthUserAddRequest | undefined;
  authUserDelete: AuthUserDeleteRequest | undefined;
  authUserGet: AuthUserGetRequest | undefined;
  authUserChangePassword: AuthUserChangePasswordRequest | undefined;
  authUserGrantRole: AuthUserGrantRoleRequest | undefined;
  authUserRevokeRole: AuthUserRevokeRoleRequest | undefined;
  authUserList: AuthUserListRequest | undefined;
  authRoleList: AuthRoleListRequest | undefined;
  authRoleAdd: AuthRoleAddRequest | undefined;
  authRoleDelete: AuthRoleDeleteRequest | undefined;
  authRoleGet: AuthRoleGetRequest | undefined;
  authRoleGrantPermission: AuthRoleGrantPermissionRequest | undefined;
  authRoleRevokePermission: AuthRoleRevokePermissionRequest | undefined;
  clusterVersionSet: ClusterVersionSetRequest | undefined;
  clusterMemberAttrSet: ClusterMemberAttrSetRequest | undefined;
  downgradeInfoSet: DowngradeInfoSetRequest | undefined;
  downgradeVersionTest: DowngradeVersionTestRequest | undefined;
}

export const InternalRaftRequest: Codec<InternalRaftRequest> = {
  name: 'etcdserverpb.InternalRaftRequest',
  create(init) {
    const m: InternalRaftRequest = { id: 0n, range: undefined, put: undefined, deleteRange: undefined, txn: undefined, compaction: undefined, leaseGrant: undefined, leaseRevoke: undefined, alarm: undefined, leaseCheckpoint: undefined, header: undefined, authEnable: undefined, authDisable: undefined, authenticate: undefined, authStatus: undefined, authUserAdd: undefined, authUserDelete: undefined, authUserGet: undefined, authUserChangePassword: undefined, authUserGrantRole: undefined, authUserRevokeRole: undefined, authUserList: undefined, authRoleList: undefined, authRoleAdd: undefined, authRoleDelete: undefined, authRoleGet: undefined, authRoleGrantPermission: undefined, authRoleRevokePermission: undefined, clusterVersionSet: undefined, clusterMemberAttrSet: undefined, downgradeInfoSet: undefined, downgradeVersionTest: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.range !== undefined) n += 1 + delimitedSize(RangeRequest.sizeOf(m.range));
    if (m.put !== undefined) n += 1 + delimitedSize(PutRequest.sizeOf(m.put));
    if (m.deleteRange !== undefined) n += 1 + delimitedSize(DeleteRangeRequest.sizeOf(m.deleteRange));
    if (m.txn !== undefined) n += 1 + delimitedSize(TxnRequest.sizeOf(m.txn));
    if (m.compaction !== undefined) n += 1 + delimitedSize(CompactionRequest.sizeOf(m.compaction));
    if (m.leaseGrant !== undefined) n += 1 + delimitedSize(LeaseGrantRequest.sizeOf(m.leaseGrant));
    if (m.leaseRevoke !== undefined) n += 1 + delimitedSize(LeaseRevokeRequest.sizeOf(m.leaseRevoke));
    if (m.alarm !== undefined) n += 1 + delimitedSize(AlarmRequest.sizeOf(m.alarm));
    if (m.leaseCheckpoint !== undefined) n += 1 + delimitedSize(LeaseCheckpointRequest.sizeOf(m.leaseCheckpoint));
    if (m.header !== undefined) n += 2 + delimitedSize(RequestHeader.sizeOf(m.header));
    if (m.authEnable !== undefined) n += 2 + delimitedSize(AuthEnableRequest.sizeOf(m.authEnable));
    if (m.authDisable !== undefined) n += 2 + delimitedSize(AuthDisableRequest.sizeOf(m.authDisable));
    if (m.authenticate !== undefined) n += 2 + delimitedSize(InternalAuthenticateRequest.sizeOf(m.authenticate));
    if (m.authStatus !== undefined) n += 2 + delimitedSize(AuthStatusRequest.sizeOf(m.authStatus));
    if (m.authUserAdd !== undefined) n += 2 + delimitedSize(AuthUserAddRequest.sizeOf(m.authUserAdd));
    if (m.authUserDelete !== undefined) n += 2 + delimitedSize(AuthUserDeleteRequest.sizeOf(m.authUserDelete));
    if (m.authUserGet !== undefined) n += 2 + delimitedSize(AuthUserGetRequest.sizeOf(m.authUserGet));
    if (m.authUserChangePassword !== undefined) n += 2 + delimitedSize(AuthUserChangePasswordRequest.sizeOf(m.authUserChangePassword));
    if (m.authUserGrantRole !== undefined) n += 2 + delimitedSize(AuthUserGrantRoleRequest.sizeOf(m.authUserGrantRole));
    if (m.authUserRevokeRole !== undefined) n += 2 + delimitedSize(AuthUserRevokeRoleRequest.sizeOf(m.authUserRevokeRole));
    if (m.authUserList !== undefined) n += 2 + delimitedSize(AuthUserListRequest.sizeOf(m.authUserList));
    if (m.authRoleList !== undefined) n += 2 + delimitedSize(AuthRoleListRequest.sizeOf(m.authRoleList));
    if (m.authRoleAdd !== undefined) n += 2 + delimitedSize(AuthRoleAddRequest.sizeOf(m.authRoleAdd));
    if (m.authRoleDelete !== undefined) n += 2 + delimitedSize(AuthRoleDeleteRequest.sizeOf(m.authRoleDelete));
    if (m.authRoleGet !== undefined) n += 2 + delimitedSize(AuthRoleGetRequest.sizeOf(m.authRoleGet));
    if (m.authRoleGrantPermission !== undefined) n += 2 + delimitedSize(AuthRoleGrantPermissionRequest.sizeOf(m.authRoleGrantPermission));
    if (m.authRoleRevokePermission !== undefined) n += 2 + delimitedSize(AuthRoleRevokePermissionRequest.sizeOf(m.authRoleRevokePermission));
    if (m.clusterVersionSet !== undefined) n += 2 + delimitedSize(ClusterVersionSetRequest.sizeOf(m.clusterVersionSet));
    if (m.clusterMemberAttrSet !== undefined) n += 2 + delimitedSize(ClusterMemberAttrSetRequest.sizeOf(m.clusterMemberAttrSet));
    if (m.downgradeInfoSet !== undefined) n += 2 + delimitedSize(DowngradeInfoSetRequest.sizeOf(m.downgradeInfoSet));
    if (m.downgradeVersionTest !== undefined) n += 3 + delimitedSize(DowngradeVersionTestRequest.sizeOf(m.downgradeVersionTest));
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    if (m.range !== undefined) {
      w.varint(26);
      w.varint(RangeRequest.sizeOf(m.range));
      RangeRequest.write(m.range, w);
    }
    if (m.put !== undefined) {
      w.varint(34);
      w.varint(PutRequest.sizeOf(m.put));
      PutRequest.write(m.put, w);
    }
    if (m.deleteRange !== undefined) {
      w.varint(42);
      w.varint(DeleteRangeRequest.sizeOf(m.deleteRange));
      DeleteRangeRequest.write(m.deleteRange, w);
    }
    if (m.txn !== undefined) {
      w.varint(50);
      w.varint(TxnRequest.sizeOf(m.txn));
      TxnRequest.write(m.txn, w);
    }
    if (m.compaction !== undefined) {
      w.varint(58);
      w.varint(CompactionRequest.sizeOf(m.compaction));
      CompactionRequest.write(m.compaction, w);
    }
    if (m.leaseGrant !== undefined) {
      w.varint(66);
      w.varint(LeaseGrantRequest.sizeOf(m.leaseGrant));
      LeaseGrantRequest.write(m.leaseGrant, w);
    }
    if (m.leaseRevoke !== undefined) {
      w.varint(74);
      w.varint(LeaseRevokeRequest.sizeOf(m.leaseRevoke));
      LeaseRevokeRequest.write(m.leaseRevoke, w);
    }
    if (m.alarm !== undefined) {
      w.varint(82);
      w.varint(AlarmRequest.sizeOf(m.alarm));
      AlarmRequest.write(m.alarm, w);
    }
    if (m.leaseCheckpoint !== undefined) {
      w.varint(90);
      w.varint(LeaseCheckpointRequest.sizeOf(m.leaseCheckpoint));
      LeaseCheckpointRequest.write(m.leaseCheckpoint, w);
    }
    if (m.header !== undefined) {
      w.varint(802);
      w.varint(RequestHeader.sizeOf(m.header));
      RequestHeader.write(m.header, w);
    }
    if (m.authEnable !== undefined) {
      w.varint(8002);
      w.varint(AuthEnableRequest.sizeOf(m.authEnable));
      AuthEnableRequest.write(m.authEnable, w);
    }
    if (m.authDisable !== undefined) {
      w.varint(8090);
      w.varint(AuthDisableRequest.sizeOf(m.authDisable));
      AuthDisableRequest.write(m.authDisable, w);
    }
    if (m.authenticate !== undefined) {
      w.varint(8098);
      w.varint(InternalAuthenticateRequest.sizeOf(m.authenticate));
      InternalAuthenticateRequest.write(m.authenticate, w);
    }
    if (m.authStatus !== undefined) {
      w.varint(8106);
      w.varint(AuthStatusRequest.sizeOf(m.authStatus));
      AuthStatusRequest.write(m.authStatus, w);
    }
    if (m.authUserAdd !== undefined) {
      w.varint(8802);
      w.varint(AuthUserAddRequest.sizeOf(m.authUserAdd));
      AuthUserAddRequest.write(m.authUserAdd, w);
    }
    if (m.authUserDelete !== undefined) {
      w.varint(8810);
      w.varint(AuthUserDeleteRequest.sizeOf(m.authUserDelete));
      AuthUserDeleteRequest.write(m.authUserDelete, w);
    }
    if (m.authUserGet !== undefined) {
      w.varint(8818);
      w.varint(AuthUserGetRequest.sizeOf(m.authUserGet));
      AuthUserGetRequest.write(m.authUserGet, w);
    }
    if (m.authUserChangePassword !== undefined) {
      w.varint(8826);
      w.varint(AuthUserChangePasswordRequest.sizeOf(m.authUserChangePassword));
      AuthUserChangePasswordRequest.write(m.authUserChangePassword, w);
    }
    if (m.authUserGrantRole !== undefined) {
      w.varint(8834);
      w.varint(AuthUserGrantRoleRequest.sizeOf(m.authUserGrantRole));
      AuthUserGrantRoleRequest.write(m.authUserGrantRole, w);
    }
    if (m.authUserRevokeRole !== undefined) {
      w.varint(8842);
      w.varint(AuthUserRevokeRoleRequest.sizeOf(m.authUserRevokeRole));
      AuthUserRevokeRoleRequest.write(m.authUserRevokeRole, w);
    }
    if (m.authUserList !== undefined) {
      w.varint(8850);
      w.varint(AuthUserListRequest.sizeOf(m.authUserList));
      AuthUserListRequest.write(m.authUserList, w);
    }
    if (m.authRoleList !== undefined) {
      w.varint(8858);
      w.varint(AuthRoleListRequest.sizeOf(m.authRoleList));
      AuthRoleListRequest.write(m.authRoleList, w);
    }
    if (m.authRoleAdd !== undefined) {
      w.varint(9602);
      w.varint(AuthRoleAddRequest.sizeOf(m.authRoleAdd));
      AuthRoleAddRequest.write(m.authRoleAdd, w);
    }
    if (m.authRoleDelete !== undefined) {
      w.varint(9610);
      w.varint(AuthRoleDeleteRequest.sizeOf(m.authRoleDelete));
      AuthRoleDeleteRequest.write(m.authRoleDelete, w);
    }
    if (m.authRoleGet !== undefined) {
      w.varint(9618);
      w.varint(AuthRoleGetRequest.sizeOf(m.authRoleGet));
      AuthRoleGetRequest.write(m.authRoleGet, w);
    }
    if (m.authRoleGrantPermission !== undefined) {
      w.varint(9626);
      w.varint(AuthRoleGrantPermissionRequest.sizeOf(m.authRoleGrantPermission));
      AuthRoleGrantPermissionRequest.write(m.authRoleGrantPermission, w);
    }
    if (m.authRoleRevokePermission !== undefined) {
      w.varint(9634);
      w.varint(AuthRoleRevokePermissionRequest.sizeOf(m.authRoleRevokePermission));
      AuthRoleRevokePermissionRequest.write(m.authRoleRevokePermission, w);
    }
    if (m.clusterVersionSet !== undefined) {
      w.varint(10402);
      w.varint(ClusterVersionSetRequest.sizeOf(m.clusterVersionSet));
      ClusterVersionSetRequest.write(m.clusterVersionSet, w);
    }
    if (m.clusterMemberAttrSet !== undefined) {
      w.varint(10410);
      w.varint(ClusterMemberAttrSetRequest.sizeOf(m.clusterMemberAttrSet));
      ClusterMemberAttrSetRequest.write(m.clusterMemberAttrSet, w);
    }
    if (m.downgradeInfoSet !== undefined) {
      w.varint(10418);
      w.varint(DowngradeInfoSetRequest.sizeOf(m.downgradeInfoSet));
      DowngradeInfoSetRequest.write(m.downgradeInfoSet, w);
    }
    if (m.downgradeVersionTest !== undefined) {
      w.varint(79202);
      w.varint(DowngradeVersionTestRequest.sizeOf(m.downgradeVersionTest));
      DowngradeVersionTestRequest.write(m.downgradeVersionTest, w);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    let range_: RangeRequest | undefined = undefined;
    let put_: PutRequest | undefined = undefined;
    let deleteRange_: DeleteRangeRequest | undefined = undefined;
    let txn_: TxnRequest | undefined = undefined;
    let compaction_: CompactionRequest | undefined = undefined;
    let leaseGrant_: LeaseGrantRequest | undefined = undefined;
    let leaseRevoke_: LeaseRevokeRequest | undefined = undefined;
    let alarm_: AlarmRequest | undefined = undefined;
    let leaseCheckpoint_: LeaseCheckpointRequest | undefined = undefined;
    let header_: RequestHeader | undefined = undefined;
    let authEnable_: AuthEnableRequest | undefined = undefined;
    let authDisable_: AuthDisableRequest | undefined = undefined;
    let authenticate_: InternalAuthenticateRequest | undefined = undefined;
    let authStatus_: AuthStatusRequest | undefined = undefined;
    let authUserAdd_: AuthUserAddRequest | undefined = undefined;
    let authUserDelete_: AuthUserDeleteRequest | undefined = undefined;
    let authUserGet_: AuthUserGetRequest | undefined = undefined;
    let authUserChangePassword_: AuthUserChangePasswordRequest | undefined = undefined;
    let authUserGrantRole_: AuthUserGrantRoleRequest | undefined = undefined;
    let authUserRevokeRole_: AuthUserRevokeRoleRequest | undefined = undefined;
    let authUserList_: AuthUserListRequest | undefined = undefined;
    let authRoleList_: AuthRoleListRequest | undefined = undefined;
    let authRoleAdd_: AuthRoleAddRequest | undefined = undefined;
    let authRoleDelete_: AuthRoleDeleteRequest | undefined = undefined;
    let authRoleGet_: AuthRoleGetRequest | undefined = undefined;
    let authRoleGrantPermission_: AuthRoleGrantPermissionRequest | undefined = undefined;
    let authRoleRevokePermission_: AuthRoleRevokePermissionRequest | undefined = undefined;
    let clusterVersionSet_: ClusterVersionSetRequest | undefined = undefined;
    let clusterMemberAttrSet_: ClusterMemberAttrSetRequest | undefined = undefined;
    let downgradeInfoSet_: DowngradeInfoSetRequest | undefined = undefined;
    let downgradeVersionTest_: DowngradeVersionTestRequest | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        case 26: {
          const last = r.end();
          range_ = RangeRequest.read(r, last, range_);
          break;
        }
        case 34: {
          const last = r.end();
          put_ = PutRequest.read(r, last, put_);
          break;
        }
        case 42: {
          const last = r.end();
          deleteRange_ = DeleteRangeRequest.read(r, last, deleteRange_);
          break;
        }
        case 50: {
          const last = r.end();
          txn_ = TxnRequest.read(r, last, txn_);
          break;
        }
        case 58: {
          const last = r.end();
          compaction_ = CompactionRequest.read(r, last, compaction_);
          break;
        }
        case 66: {
          const last = r.end();
          leaseGrant_ = LeaseGrantRequest.read(r, last, leaseGrant_);
          break;
        }
        case 74: {
          const last = r.end();
          leaseRevoke_ = LeaseRevokeRequest.read(r, last, leaseRevoke_);
          break;
        }
        case 82: {
          const last = r.end();
          alarm_ = AlarmRequest.read(r, last, alarm_);
          break;
        }
        case 90: {
          const last = r.end();
          leaseCheckpoint_ = LeaseCheckpointRequest.read(r, last, leaseCheckpoint_);
          break;
        }
        case 802: {
          const last = r.end();
          header_ = RequestHeader.read(r, last, header_);
          break;
        }
        case 8002: {
          const last = r.end();
          authEnable_ = AuthEnableRequest.read(r, last, authEnable_);
          break;
        }
        case 8090: {
          const last = r.end();
          authDisable_ = AuthDisableRequest.read(r, last, authDisable_);
          break;
        }
        case 8098: {
          const last = r.end();
          authenticate_ = InternalAuthenticateRequest.read(r, last, authenticate_);
          break;
        }
        case 8106: {
          const last = r.end();
          authStatus_ = AuthStatusRequest.read(r, last, authStatus_);
          break;
        }
        case 8802: {
          const last = r.end();
          authUserAdd_ = AuthUserAddRequest.read(r, last, authUserAdd_);
          break;
        }
        case 8810: {
          const last = r.end();
          authUserDelete_ = AuthUserDeleteRequest.read(r, last, authUserDelete_);
          break;
        }
        case 8818: {
          const last = r.end();
          authUserGet_ = AuthUserGetRequest.read(r, last, authUserGet_);
          break;
        }
        case 8826: {
          const last = r.end();
          authUserChangePassword_ = AuthUserChangePasswordRequest.read(r, last, authUserChangePassword_);
          break;
        }
        case 8834: {
          const last = r.end();
          authUserGrantRole_ = AuthUserGrantRoleRequest.read(r, last, authUserGrantRole_);
          break;
        }
        case 8842: {
          const last = r.end();
          authUserRevokeRole_ = AuthUserRevokeRoleRequest.read(r, last, authUserRevokeRole_);
          break;
        }
        case 8850: {
          const last = r.end();
          authUserList_ = AuthUserListRequest.read(r, last, authUserList_);
          break;
        }
        case 8858: {
          const last = r.end();
          authRoleList_ = AuthRoleListRequest.read(r, last, authRoleList_);
          break;
        }
        case 9602: {
          const last = r.end();
          authRoleAdd_ = AuthRoleAddRequest.read(r, last, authRoleAdd_);
          break;
        }
        case 9610: {
          const last = r.end();
          authRoleDelete_ = AuthRoleDeleteRequest.read(r, last, authRoleDelete_);
          break;
        }
        case 9618: {
          const last = r.end();
          authRoleGet_ = AuthRoleGetRequest.read(r, last, authRoleGet_);
          break;
        }
        case 9626: {
          const last = r.end();
          authRoleGrantPermission_ = AuthRoleGrantPermissionRequest.read(r, last, authRoleGrantPermission_);
          break;
        }
        case 9634: {
          const last = r.end();
          authRoleRevokePermission_ = AuthRoleRevokePermissionRequest.read(r, last, authRoleRevokePermission_);
          break;
        }
        case 10402: {
          const last = r.end();
          clusterVersionSet_ = ClusterVersionSetRequest.read(r, last, clusterVersionSet_);
          break;
        }
        case 10410: {
          const last = r.end();
          clusterMemberAttrSet_ = ClusterMemberAttrSetRequest.read(r, last, clusterMemberAttrSet_);
          break;
        }
        case 10418: {
          const last = r.end();
          downgradeInfoSet_ = DowngradeInfoSetRequest.read(r, last, downgradeInfoSet_);
          break;
        }
        case 79202: {
          const last = r.end();
          downgradeVersionTest_ = DowngradeVersionTestRequest.read(r, last, downgradeVersionTest_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, range: range_, put: put_, deleteRange: deleteRange_, txn: txn_, compaction: compaction_, leaseGrant: leaseGrant_, leaseRevoke: leaseRevoke_, alarm: alarm_, leaseCheckpoint: leaseCheckpoint_, header: header_, authEnable: authEnable_, authDisable: authDisable_, authenticate: authenticate_, authStatus: authStatus_, authUserAdd: authUserAdd_, authUserDelete: authUserDelete_, authUserGet: authUserGet_, authUserChangePassword: authUserChangePassword_, authUserGrantRole: authUserGrantRole_, authUserRevokeRole: authUserRevokeRole_, authUserList: authUserList_, authRoleList: authRoleList_, authRoleAdd: authRoleAdd_, authRoleDelete: authRoleDelete_, authRoleGet: authRoleGet_, authRoleGrantPermission: authRoleGrantPermission_, authRoleRevokePermission: authRoleRevokePermission_, clusterVersionSet: clusterVersionSet_, clusterMemberAttrSet: clusterMemberAttrSet_, downgradeInfoSet: downgradeInfoSet_, downgradeVersionTest: downgradeVersionTest_ };
  },
};

export interface EmptyResponse {
}

export const EmptyResponse: Codec<EmptyResponse> = {
  name: 'etcdserverpb.EmptyResponse',
  create(init) {
    const m: EmptyResponse = {  };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(_m) {
    let n = 0;
    return n;
  },
  write(_m, _w) {
  },
  read(r, end) {
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return {  };
  },
};

export interface InternalAuthenticateRequest {
  name: string;
  password: string;
  simpleToken: string;
}

export const InternalAuthenticateRequest: Codec<InternalAuthenticateRequest> = {
  name: 'etcdserverpb.InternalAuthenticateRequest',
  create(init) {
    const m: InternalAuthenticateRequest = { name: '', password: '', simpleToken: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    if (m.password !== '') n += 1 + stringSize(m.password);
    if (m.simpleToken !== '') n += 1 + stringSize(m.simpleToken);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
    if (m.password !== '') {
      w.varint(18);
      w.string(m.password);
    }
    if (m.simpleToken !== '') {
      w.varint(26);
      w.string(m.simpleToken);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    let password_: string = '';
    let simpleToken_: string = '';
    if (before !== undefined) {
      name_ = before.name;
      password_ = before.password;
      simpleToken_ = before.simpleToken;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        case 18:
          password_ = r.string();
          break;
        case 26:
          simpleToken_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, password: password_, simpleToken: simpleToken_ };
  },
};

