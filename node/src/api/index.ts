// The api room: one file a service.
export * from './auth.ts';
export * from './cluster.ts';
export * from './grpc-health.ts';
export * from './http-endpoints.ts';
export * from './kv.ts';
export * from './maintenance.ts';
export * from './member-api.ts';
export * from './registration.ts';
export * from './deps.ts';
export * from './election.ts';
export * from './lease.ts';
export * from './lock.ts';
export * from './watch.ts';
