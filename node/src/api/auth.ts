// The Auth service while there is no authentication: it tells so, and refuses to pretend.
import { EtcdError, GrpcStatus, StatusError } from '../base/index.ts';
import { AuthService, AuthStatusResponse } from '../wire/gen/rpc.ts';
import type { Method } from '../wire/index.ts';
import { headerOf, type MemberApi } from './member-api.ts';
import { unary, type Registration } from './registration.ts';

/** etcd's auth store begins at this revision. */
const FIRST_AUTH_REVISION = 1;

export function authService(member: MemberApi): Registration[] {
  const { authStatus, authenticate, ...others } = AuthService;
  return [
    unary(authStatus, () =>
      AuthStatusResponse.create({ header: headerOf(member), authRevision: FIRST_AUTH_REVISION }),
    ),
    unary(authenticate, () => {
      throw new EtcdError('AuthNotEnabled');
    }),
    ...Object.values(others).map(refuse),
  ];
}

function refuse(method: { readonly path: string }): Registration {
  // Only the path matters: the handler looks at no request and makes no response.
  return unary(method as Method<unknown, unknown> & { readonly kind: 'unary' }, () => {
    throw new StatusError(
      GrpcStatus.Unimplemented,
      `${method.path}: authentication is not available; use client certificates`,
    );
  });
}
