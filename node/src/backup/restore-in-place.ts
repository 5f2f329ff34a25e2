// A restore over a running cluster: every member stages the restored data beside its own and verifies it; only when all have,
// all commit, and each starts again on it. Until the first commit nothing has changed, and everything can be given up.
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatId } from '../base/index.ts';
import { commitStaged } from '../server/index.ts';
import type { ClusterAccess } from './access.ts';
import type { Destination } from './destination.ts';
import type { SealingKey } from './encryption.ts';
import { BackupError, reasonOf } from './errors.ts';
import type { Staged } from './peer-port.ts';
import { readSnapshot } from './read-backup.ts';
import type { Participant, RestorePlan } from './restore-plan.ts';
import { openClient, surveyMembers } from './source.ts';

const COMMIT_PATIENCE_MS = 30_000;
const COMMIT_PAUSE_MS = 250;
const SERVING_PATIENCE_MS = 60_000;
/** Looking takes processor time from members that are starting on the same machine. */
const LOOK_PAUSE_MS = 150;
const LOOK_TIMEOUT_MS = 1_000;

type Undo = () => Promise<void>;

export interface InPlaceOptions {
  readonly access: ClusterAccess;
  readonly destination: Destination;
  readonly key: SealingKey | undefined;
  /** In Kubernetes: writes the new generation and cluster id down before the first member commits; returns the way back. */
  readonly record: ((generation: number, clusterId: string) => Promise<Undo>) | undefined;
  readonly note: (line: string) => void;
  /** How long a member that does not answer is told again to commit; 30 s by default. */
  readonly commitPatienceMs?: number;
  /** How long the cluster may take to serve again; 60 s by default. */
  readonly servingPatienceMs?: number;
}

export interface InPlaceReport {
  readonly clusterId: string;
  readonly revision: number;
  /** From the first commit to the first confirmed read. */
  readonly pauseMs: number;
}

/** @throws BackupError; its message says whether anything has changed */
export async function restoreInPlace(
  plan: RestorePlan,
  options: InPlaceOptions,
): Promise<InPlaceReport> {
  const folder = await mkdtemp(join(tmpdir(), 'binnacle-restore-'));
  let staged: Staged;
  let undo: Undo | undefined;
  try {
    staged = await stageAll(plan, options, join(folder, 'snapshot'));
    undo = await options.record?.(plan.generation, staged.clusterId);
  } catch (error) {
    await dropAll(plan);
    throw new BackupError('Member', `nothing has changed: ${reasonOf(error)}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const startedMs = performance.now();
  await commitAll(plan, options, undo);
  await untilServing(plan, options, staged.clusterId);
  const pauseMs = Math.round(performance.now() - startedMs);
  return { clusterId: staged.clusterId, revision: staged.revision, pauseMs };
}

async function stageAll(
  plan: RestorePlan,
  { destination, key, note }: InPlaceOptions,
  file: string,
): Promise<Staged> {
  const { backup, participants, generation, clusterId, revisionBump } = plan;
  note(`fetching ${backup.name} (${backup.data.bytes} bytes)`);
  // The whole of it is here, and proven, before a member hears of it.
  await pipeline(
    Readable.from(readSnapshot(destination, backup, key), { objectMode: false }),
    createWriteStream(file, { mode: 0o600 }),
  );
  note(`staging it on ${participants.map(({ name }) => name).join(', ')}`);
  const order = {
    generation,
    clusterId,
    members: participants.flatMap(membersOf).join(','),
    token: `restore-${generation}-${randomBytes(8).toString('hex')}`,
    revisionBump,
    file,
    bytes: backup.snapshot.bytes,
    sha256: backup.snapshot.sha256,
  };
  const staged = await Promise.all(participants.map(({ port }) => port.stage(order)));
  const [first] = staged;
  if (first === undefined) throw new BackupError('Refused', 'no member takes part');
  for (const one of staged) {
    if (one.clusterId === first.clusterId && one.revision === first.revision) continue;
    throw new BackupError('Member', 'the members did not stage the same');
  }
  return first;
}

async function dropAll({ participants, generation, clusterId }: RestorePlan): Promise<void> {
  await Promise.allSettled(participants.map(({ port }) => port.drop(generation, clusterId)));
}

/** NAME=URL, once for each URL, as --initial-cluster has it. */
function membersOf({ survey, peerUrls }: Participant): string[] {
  return peerUrls.map((url) => `${survey.name}=${url}`);
}

async function commitAll(
  plan: RestorePlan,
  options: InPlaceOptions,
  undo: Undo | undefined,
): Promise<void> {
  const outcomes = await Promise.all(
    plan.participants.map((one) => commitOne(one, plan, options).then(() => '', reasonOf)),
  );
  const missing = plan.participants.filter((_, i) => outcomes[i] !== '');
  if (missing.length === 0) return;
  const reason = outcomes.find((outcome) => outcome !== '') ?? '';
  if (missing.length === plan.participants.length) throw await notCommitted(plan, undo, reason);
  const names = missing.map(({ name }) => name).join(', ');
  options.note(
    `${names} could not be told to commit (${reason}); the others are on the restored data`,
  );
}

/** Only when each member says itself that it has not committed is nothing changed. */
async function notCommitted(
  plan: RestorePlan,
  undo: Undo | undefined,
  reason: string,
): Promise<BackupError> {
  try {
    const surveys = await Promise.all(plan.participants.map(({ port }) => port.survey()));
    if (surveys.every(({ generation }) => generation < plan.generation)) {
      await undo?.();
      await dropAll(plan);
      return new BackupError('Member', `no member committed (${reason}); nothing has changed`);
    }
  } catch {
    // Nobody can say.
  }
  return new BackupError(
    'Member',
    `the members can't be reached (${reason}), and some may have committed: those that start again go over to the restored data. When they answer, look at the cluster, and restore again if it is the old one`,
  );
}

/** A member that dies meanwhile comes back with what it has staged, and is told again. */
async function commitOne(
  { name, port }: Participant,
  { generation, clusterId }: RestorePlan,
  { access, commitPatienceMs = COMMIT_PATIENCE_MS }: InPlaceOptions,
): Promise<void> {
  const deadline = Date.now() + commitPatienceMs;
  for (;;) {
    try {
      await port.commit(generation, clusterId);
      return;
    } catch (error) {
      // The answer may have been lost with the process that gave it.
      const generationNow = await port.survey().then(
        (survey) => survey.generation,
        () => 0,
      );
      if (generationNow === generation) return;
      const dataDir = access.dataDirs?.get(name);
      if (generationNow === 0 && dataDir !== undefined) {
        // It is down, and its disk is here: its next start finds the commit.
        if (await commitStaged(dataDir, generation)) return;
      }
      if (Date.now() > deadline) throw error;
      await sleep(COMMIT_PAUSE_MS);
    }
  }
}

async function untilServing(
  plan: RestorePlan,
  { access, note, servingPatienceMs = SERVING_PATIENCE_MS }: InPlaceOptions,
  clusterId: string,
): Promise<void> {
  const deadline = Date.now() + servingPatienceMs;
  let problem = '';
  for (;;) {
    // Connections that were cut come back late; new ones are there at once.
    const client = openClient(access);
    try {
      const members = await surveyMembers(client, LOOK_TIMEOUT_MS);
      const restored = members.filter(
        ({ status }) => formatId(status.header.clusterId) === clusterId,
      );
      const [one] = restored;
      if (one !== undefined) {
        await client.get('binnacle/restored', { endpoint: one.endpoint, timeoutMs: 1_000 });
        if (restored.length >= plan.participants.length) return;
        problem = `${restored.length} of ${plan.participants.length} members serve`;
        if (Date.now() > deadline - servingPatienceMs / 2) {
          note(`${problem}; the others follow when they start`);
          return;
        }
      }
    } catch (error) {
      problem = reasonOf(error);
    } finally {
      client.close();
    }
    if (Date.now() > deadline) {
      throw new BackupError(
        'Member',
        `the restore was committed, but the cluster does not serve yet: ${problem}. Look at the members' logs; the old data lies beside the new`,
      );
    }
    await sleep(LOOK_PAUSE_MS);
  }
}
