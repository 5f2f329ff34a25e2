// The cluster as the source of a backup: which member gives the copy, and what that member says it holds.
import { formatId } from '../base/index.ts';
import { Client, type StatusResult } from '../client/index.ts';
import type { ClusterAccess } from './access.ts';
import { BackupError, reasonOf } from './errors.ts';
import type { ContentMark } from './manifest.ts';

const ASK_TIMEOUT_MS = 3_000;
/** Hashing reads the whole store: a second for each few hundred megabytes. */
const HASH_TIMEOUT_MS = 10 * 60_000;

export interface SourceMember {
  readonly endpoint: string;
  readonly id: bigint;
  readonly name: string;
  readonly role: 'leader' | 'follower' | 'learner';
  readonly appliedIndex: number;
  readonly status: StatusResult;
}

export function openClient(access: ClusterAccess): Client {
  return new Client({
    endpoints: access.endpoints,
    ...(access.tls === undefined ? {} : { tls: access.tls.client }),
  });
}

/**
 * The members that answer. Asks everybody for what they know themselves, so that it works without a quorum, too.
 * @throws BackupError Source when nobody answers
 */
export async function surveyMembers(
  client: Client,
  timeoutMs = ASK_TIMEOUT_MS,
): Promise<SourceMember[]> {
  const given = client.endpoints;
  const names = new Map<bigint, string>();
  const advertised: string[] = [];
  let problem: unknown;
  try {
    // The first that answers: others may be down, which shows only when their time is over.
    const { members } = await Promise.any(
      given.map((endpoint) => client.cluster.list({ endpoint, serializable: true, timeoutMs })),
    );
    for (const { id, name, clientUrls } of members) {
      names.set(id, name);
      advertised.push(...clientUrls);
    }
  } catch (error) {
    problem = error instanceof AggregateError ? error.errors[0] : error;
  }
  const found = new Map<bigint, SourceMember>();
  // One behind the other would wait for each that is gone. What members advertise is theirs alone; what was given may be a
  // Service or a tunnel, but answers where advertised names do not lead anywhere from here.
  const asked = [...new Set([...given, ...advertised])];
  for (const one of await Promise.all(asked.map((url) => ask(client, url, names, timeoutMs)))) {
    if (one !== undefined) found.set(one.id, one);
  }
  if (found.size === 0) {
    const reason = problem === undefined ? '' : `: ${reasonOf(problem)}`;
    throw new BackupError('Source', `no member answers at ${given.join(', ')}${reason}`);
  }
  return [...found.values()];
}

async function ask(
  client: Client,
  endpoint: string,
  names: ReadonlyMap<bigint, string>,
  timeoutMs: number,
): Promise<SourceMember | undefined> {
  try {
    const status = await client.maintenance.status(endpoint, { timeoutMs });
    const id = status.header.memberId;
    const leads = status.leader !== 0n && status.leader === id;
    return {
      endpoint,
      id,
      name: names.get(id) || formatId(id),
      role: status.isLearner ? 'learner' : leads ? 'leader' : 'follower',
      appliedIndex: status.raftAppliedIndex,
      status,
    };
  } catch {
    return undefined;
  }
}

/**
 * The member to copy: the follower that has applied most, as a copy costs its member reads and memory; the leader only where
 * no other voter answers.
 */
export function chooseMember(
  members: readonly SourceMember[],
  without: ReadonlySet<bigint> = new Set(),
): SourceMember | undefined {
  const rank = ({ role, appliedIndex }: SourceMember): number =>
    role === 'follower' ? appliedIndex + 1 : 0;
  return members
    .filter(({ id, role }) => role !== 'learner' && !without.has(id))
    .sort((a, b) => rank(b) - rank(a))[0];
}

/** What a member holds, at `revision` or now. @throws EtcdError Compacted, FutureRev */
export async function contentMark(
  client: Client,
  endpoint: string,
  revision = 0,
): Promise<ContentMark & { readonly currentRevision: number }> {
  const timeoutMs = HASH_TIMEOUT_MS;
  const hashed = await client.maintenance.hashKv(endpoint, { revision, timeoutMs });
  const keys = await client.count('', {
    prefix: true,
    revision: hashed.hashRevision,
    serializable: true,
    endpoint,
    timeoutMs,
  });
  return {
    revision: hashed.hashRevision,
    compactRevision: hashed.compactRevision,
    hash: hashed.hash,
    keys,
    currentRevision: hashed.header.revision,
  };
}
