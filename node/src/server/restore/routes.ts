// What a member answers on its peer port for restores in place and for whoever surveys the cluster. Only peers reach it:
// under TLS, those with a peer certificate.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NO_MEMBER, formatId } from '../../base/index.ts';
import type { PeerRoute } from '../../peer/index.ts';
import type { Bootstrapped } from '../bootstrap.ts';
import { ConfigError } from '../flag-values.ts';
import type { Member } from '../member.ts';
import { SnapshotError } from './place-snapshot.ts';
import { readGeneration } from './siblings.ts';
import { commitStaged, dropStaged, stageRestore, stagedRestore } from './staging.ts';

const PREFIX = '/binnacle/restore/';
/** A sender from which nothing comes for this long is gone. */
const STALL_TIMEOUT_MS = 60_000;
/** The answer to a commit is on its way before the process is replaced. */
const ANSWER_MS = 20;

export interface RestoreRouteParts {
  readonly member: Member;
  readonly boot: Bootstrapped;
  /** Starts the member again, on what was staged; undefined where nobody can. */
  readonly restart: (() => void) | undefined;
}

/** A request that can't be served: with its status. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function restoreRoutes(parts: RestoreRouteParts): Record<string, PeerRoute> {
  const staging = { busy: false };
  const route =
    (serve: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>): PeerRoute =>
    (request, response) => {
      serve(request, response)
        .then((value) => answer(response, 200, value))
        .catch((error: unknown) => {
          parts.member.logger.warn('a request for a restore was refused', { error: String(error) });
          answer(response, statusOf(error), { error: messageOf(error) });
          // What was not read would be taken for the next request.
          if (!request.complete) response.once('finish', () => request.destroy());
        });
    };
  return {
    '/binnacle/survey': route(() => survey(parts)),
    [PREFIX]: route((request) => serveRestore(parts, request, staging)),
  };
}

/** What this member is and how far it is, by itself: nobody else is asked. */
async function survey({ member, boot }: RestoreRouteParts): Promise<unknown> {
  const { commitIndex, appliedIndex } = member.raft();
  const { membership, store, config } = member;
  const staged = await stagedRestore(config.dataDir);
  return {
    memberId: formatId(member.localId),
    clusterId: formatId(membership.clusterId),
    name: config.name,
    term: boot.raftStorage.initialState().hardState.term,
    // What raft compares logs by.
    lastTerm: boot.raftStorage.term(boot.raftStorage.lastIndex()),
    lastIndex: boot.raftStorage.lastIndex(),
    commitIndex,
    appliedIndex,
    revision: store.revision,
    sizeBytes: member.stored().sizeBytes,
    hasLeader: member.leader !== NO_MEMBER,
    members: membership.list().map(({ id, name, isLearner }) => ({
      id: formatId(id),
      name,
      isLearner,
    })),
    isLearner: membership.isLocalLearner,
    generation: await readGeneration(config.dataDir),
    staged: staged?.generation ?? null,
  };
}

async function serveRestore(
  parts: RestoreRouteParts,
  request: IncomingMessage,
  staging: { busy: boolean },
): Promise<unknown> {
  const match = /^(?<generation>\d{1,15})(?<commit>\/commit)?$/.exec(
    (request.url ?? '').slice(PREFIX.length),
  );
  if (match?.groups === undefined) throw new Refusal(404, 'write /binnacle/restore/GENERATION');
  const generation = Number(match.groups['generation']);
  const isCommit = match.groups['commit'] !== undefined;
  const { member } = parts;
  const sender = request.headers['x-etcd-cluster-id'];
  if (sender !== formatId(member.membership.clusterId)) {
    throw new Refusal(412, 'cluster ID mismatch: this restore is meant for another cluster');
  }
  if (isCommit && request.method === 'POST') return commit(parts, generation);
  if (isCommit) throw new Refusal(405, 'POST it');
  if (request.method === 'DELETE') {
    await dropStaged(member.config.dataDir);
    return {};
  }
  if (request.method !== 'PUT') throw new Refusal(405, 'PUT or DELETE it');
  if (staging.busy) throw new Refusal(409, 'another restore is being staged here');
  staging.busy = true;
  try {
    return await stage(parts, request, generation);
  } finally {
    staging.busy = false;
  }
}

async function stage(
  { member }: RestoreRouteParts,
  request: IncomingMessage,
  generation: number,
): Promise<unknown> {
  const { config, world, logger } = member;
  const header = (name: string): string => String(request.headers[name] ?? '');
  if (config.walDir !== '') {
    throw new Refusal(
      409,
      'a member with --wal-dir is restored offline: binnacle util snapshot restore',
    );
  }
  const current = await readGeneration(config.dataDir);
  if (generation <= current) {
    throw new Refusal(409, `generation ${generation} is not newer than ${current}`);
  }
  const revisionBump = Number(header('x-binnacle-revision-bump'));
  if (!Number.isSafeInteger(revisionBump) || revisionBump < 0) {
    throw new Refusal(400, 'x-binnacle-revision-bump is a whole number');
  }
  logger.info('staging a restore', { generation, members: header('x-binnacle-members') });
  const staged = await stageRestore({ world, logger }, config.dataDir, bodyOf(request, member), {
    generation,
    name: config.name,
    members: header('x-binnacle-members'),
    token: header('x-binnacle-token'),
    revisionBump,
    sha256: header('x-binnacle-sha256'),
  });
  logger.info('staged a restore', { ...staged });
  return staged;
}

async function commit(
  { member, restart }: RestoreRouteParts,
  generation: number,
): Promise<unknown> {
  const { logger, world, config } = member;
  if (restart === undefined) throw new Refusal(501, 'this process cannot start itself again');
  if (!(await commitStaged(config.dataDir, generation))) {
    throw new Refusal(409, `generation ${generation} is not staged here`);
  }
  logger.warn('a restore was committed: the process starts again on the restored data', {
    generation,
  });
  world.clock.after(ANSWER_MS, restart);
  return { generation };
}

async function* bodyOf(
  request: IncomingMessage,
  { world }: Member,
): AsyncGenerator<Uint8Array, void, undefined> {
  let timer = world.clock.after(STALL_TIMEOUT_MS, () => request.destroy());
  try {
    // Without an encoding set, node:http delivers bytes. Who is refused has to be able to read why.
    const pieces: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
    for await (const piece of pieces) {
      timer.cancel();
      yield piece;
      timer = world.clock.after(STALL_TIMEOUT_MS, () => request.destroy());
    }
  } finally {
    timer.cancel();
  }
  if (!request.complete) throw new Refusal(400, 'the snapshot was cut off');
}

function statusOf(error: unknown): number {
  if (error instanceof Refusal) return error.status;
  if (error instanceof SnapshotError || error instanceof ConfigError) return 400;
  return isFull(error) ? 507 : 500;
}

function messageOf(error: unknown): string {
  if (isFull(error)) {
    return 'the disk is full: a restore in place needs room for the restored data beside the present one. Grow the volume, or free some space';
  }
  return error instanceof Error ? error.message : String(error);
}

function isFull(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code))
  );
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length });
  response.end(body);
}
