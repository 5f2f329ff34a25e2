// What the client port answers over plain HTTP: /health, /livez, /readyz, /version
// (etcd: server/etcdserver/api/etcdhttp/health.go, version.go).
import { EMPTY_BYTES, type Logger } from '../base/index.ts';
import { AlarmType } from '../wire/gen/rpc.ts';
import type { MemberApi } from './member-api.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `undefined` when the path is none of these. */
export type HttpEndpoints = (
  method: string,
  path: string,
  query: ReadonlyMap<string, readonly string[]>,
) => Promise<HttpAnswer | undefined>;

type Check = () => Promise<void>;

export function httpEndpoints(
  member: MemberApi,
  etcdVersion: string,
  logger: Logger,
): HttpEndpoints {
  const checks = healthChecks(member);
  return async (method, path, query) => {
    const [root = '', name] = path.slice(1).split('/', 2);
    const group = checks.get(root);
    const isKnown =
      path === '/health' ||
      path === '/version' ||
      (group !== undefined && path.split('/').length <= 3);
    if (!isKnown || (name !== undefined && group?.has(name) !== true)) return undefined;
    if (method !== 'GET') return text(405, 'Method Not Allowed\n', { Allow: 'GET' });
    if (path === '/health') return health(member, query, logger);
    if (path === '/version') return version(member, etcdVersion);
    const names = name === undefined ? [...(group?.keys() ?? [])] : [name];
    return runChecks(path, group ?? new Map(), names, query, logger);
  };
}

async function health(
  member: MemberApi,
  query: ReadonlyMap<string, readonly string[]>,
  logger: Logger,
): Promise<HttpAnswer> {
  const excluded = query.get('exclude') ?? [];
  const serializable = query.get('serializable')?.[0] === 'true';
  const reason = await unhealthyReason(member, excluded, serializable);
  const body = JSON.stringify({ health: reason === '' ? 'true' : 'false', reason });
  if (reason === '')
    return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
  logger.warn('/health error', { output: body, 'status-code': 503 });
  return text(503, `${body}\n`);
}

/** Empty when the member is healthy. */
async function unhealthyReason(
  member: MemberApi,
  excluded: readonly string[],
  serializable: boolean,
): Promise<string> {
  for (const { alarm } of member.stored().alarms.list()) {
    const name = alarmName(alarm);
    if (!excluded.includes(name)) return `ALARM ${name}`;
  }
  if (!serializable && member.raft().leader === 0n) return 'RAFT NO LEADER';
  try {
    await read(member, serializable);
    return '';
  } catch (error) {
    return `RANGE ERROR:${error instanceof Error ? error.message : String(error)}`;
  }
}

function alarmName(alarm: number): string {
  return Object.entries(AlarmType).find(([, value]) => value === alarm)?.[0] ?? 'UNKNOWN';
}

async function read(member: MemberApi, serializable: boolean): Promise<void> {
  if (!serializable) await member.linearizableRead();
  member.store.range(EMPTY_BYTES, undefined, { limit: 1 });
}

function healthChecks(member: MemberApi): ReadonlyMap<string, ReadonlyMap<string, Check>> {
  const serializableRead: Check = () => read(member, true);
  return new Map<string, ReadonlyMap<string, Check>>([
    ['livez', new Map([['serializable_read', serializableRead]])],
    [
      'readyz',
      new Map<string, Check>([
        ['data_corruption', () => noCorruption(member)],
        ['serializable_read', serializableRead],
        ['linearizable_read', () => read(member, false)],
        ['non_learner', () => notLearner(member)],
      ]),
    ],
  ]);
}

async function noCorruption(member: MemberApi): Promise<void> {
  if (member.stored().alarms.has(AlarmType.CORRUPT)) throw new Error('alarm activated: CORRUPT');
}

async function notLearner(member: MemberApi): Promise<void> {
  if (member.membership.isLocalLearner) throw new Error('not supported for learner');
}

async function runChecks(
  path: string,
  checks: ReadonlyMap<string, Check>,
  names: readonly string[],
  query: ReadonlyMap<string, readonly string[]>,
  logger: Logger,
): Promise<HttpAnswer> {
  const excluded = query.get('exclude') ?? [];
  let report = '';
  let ok = true;
  for (const name of names) {
    if (names.length > 1 && excluded.includes(name)) continue;
    try {
      await checks.get(name)?.();
      report += `[+]${name} ok\n`;
    } catch (error) {
      ok = false;
      report += `[-]${name} failed: ${error instanceof Error ? error.message : String(error)}\n`;
    }
  }
  if (!ok) {
    logger.warn('Health check error', { path, reason: report, 'status-code': 503 });
    return text(503, `${report}\n`);
  }
  return text(200, query.has('verbose') ? `${report}ok\n` : 'ok\n');
}

function version(member: MemberApi, etcdVersion: string): HttpAnswer {
  const body = JSON.stringify({
    etcdserver: etcdVersion,
    etcdcluster: member.membership.clusterVersion ?? 'not_decided',
    storage: member.stored().storageVersion || 'unknown',
  });
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
}

function text(status: number, body: string, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
    body,
  };
}
