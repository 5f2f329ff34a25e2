// Authentication and authorization: users, roles, permissions.
import type { Method } from '../wire/codec.ts';
import { Permission, PermissionType, UserAddOptions } from '../wire/gen/auth.ts';
import { AuthService } from '../wire/gen/rpc.ts';
import { keyRange, type Bytes, type KeySelector } from './keys.ts';
import type { CallOptions } from './options.ts';
import type { RetryPolicy } from './retry.ts';
import type { Transport } from './transport.ts';

export type Access = 'read' | 'write' | 'readwrite';

export interface RolePermission {
  readonly access: Access;
  readonly key: Uint8Array;
  /** As in a KeyRange: empty is the key alone, [0] everything from it on. */
  readonly rangeEnd: Uint8Array;
}

const TYPES = {
  read: PermissionType.READ,
  write: PermissionType.WRITE,
  readwrite: PermissionType.READWRITE,
} as const;

/** The Auth service. Changes are never repeated by themselves once they may have been executed. */
export class AuthClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Switches authentication on. @throws EtcdError RootUserNotExist, RootRoleNotExist */
  async enable(options?: CallOptions): Promise<void> {
    await this.#call(AuthService.authEnable, {}, options);
  }

  async disable(options?: CallOptions): Promise<void> {
    await this.#call(AuthService.authDisable, {}, options);
  }

  /** Whether authentication is on, and the revision of users and roles. */
  async status(options?: CallOptions): Promise<{ enabled: boolean; authRevision: number }> {
    const { authStatus } = AuthService;
    const { enabled, authRevision } = await this.#call(authStatus, {}, options, 'repeatable');
    return { enabled, authRevision };
  }

  /** Without a password the user can only come with a certificate. @throws EtcdError UserAlreadyExist, UserEmpty */
  async addUser(name: string, password?: string, options?: CallOptions): Promise<void> {
    const request = {
      name,
      password: password ?? '',
      options: UserAddOptions.create({ noPassword: password === undefined }),
    };
    await this.#call(AuthService.userAdd, request, options);
  }

  /** @throws EtcdError UserNotFound */
  async deleteUser(name: string, options?: CallOptions): Promise<void> {
    await this.#call(AuthService.userDelete, { name }, options);
  }

  /** @throws EtcdError UserNotFound */
  async changePassword(name: string, password: string, options?: CallOptions): Promise<void> {
    await this.#call(AuthService.userChangePassword, { name, password }, options);
  }

  /** @throws EtcdError UserNotFound, RoleNotFound */
  async grantRole(user: string, role: string, options?: CallOptions): Promise<void> {
    await this.#call(AuthService.userGrantRole, { user, role }, options);
  }

  /** @throws EtcdError UserNotFound, RoleNotGranted */
  async revokeRole(user: string, role: string, options?: CallOptions): Promise<void> {
    await this.#call(AuthService.userRevokeRole, { name: user, role }, options);
  }

  /** The roles of a user. @throws EtcdError UserNotFound */
  async rolesOf(name: string, options?: CallOptions): Promise<string[]> {
    return (await this.#call(AuthService.userGet, { name }, options, 'repeatable')).roles;
  }

  async users(options?: CallOptions): Promise<string[]> {
    return (await this.#call(AuthService.userList, {}, options, 'repeatable')).users;
  }

  async roles(options?: CallOptions): Promise<string[]> {
    return (await this.#call(AuthService.roleList, {}, options, 'repeatable')).roles;
  }

  /** @throws EtcdError RoleAlreadyExist, RoleEmpty */
  async addRole(name: string, options?: CallOptions): Promise<void> {
    await this.#call(AuthService.roleAdd, { name }, options);
  }

  /** @throws EtcdError RoleNotFound */
  async deleteRole(role: string, options?: CallOptions): Promise<void> {
    await this.#call(AuthService.roleDelete, { role }, options);
  }

  /** What a role may do. @throws EtcdError RoleNotFound */
  async permissionsOf(role: string, options?: CallOptions): Promise<RolePermission[]> {
    const { perm } = await this.#call(AuthService.roleGet, { role }, options, 'repeatable');
    return perm.map(({ permType, key, rangeEnd }) => ({
      access: accessOf(permType),
      key,
      rangeEnd,
    }));
  }

  /** Lets a role read or write a key or a range. @throws EtcdError RoleNotFound */
  async grantPermission(
    role: string,
    access: Access,
    key: Bytes,
    options: KeySelector & CallOptions = {},
  ): Promise<void> {
    const perm = Permission.create({ permType: TYPES[access], ...keyRange(key, options) });
    await this.#call(AuthService.roleGrantPermission, { name: role, perm }, options);
  }

  /** Takes a permission back that was granted for exactly this range. @throws EtcdError PermissionNotGranted */
  async revokePermission(
    role: string,
    key: Bytes,
    options: KeySelector & CallOptions = {},
  ): Promise<void> {
    const request = { role, ...keyRange(key, options) };
    await this.#call(AuthService.roleRevokePermission, request, options);
  }

  #call<Req, Res>(
    method: Method<Req, Res>,
    request: Partial<Req>,
    options: CallOptions = {},
    retry: RetryPolicy = 'once',
  ): Promise<Res> {
    return this.#transport.unary(method, method.request.create(request), { ...options, retry });
  }
}

function accessOf(type: number): Access {
  if (type === PermissionType.READ) return 'read';
  return type === PermissionType.WRITE ? 'write' : 'readwrite';
}
