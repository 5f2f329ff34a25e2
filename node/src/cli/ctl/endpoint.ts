// endpoint status, health and hashkv, of the given endpoints or of all members' ones.
import { durationText, formatId, isEtcdError, sizeText } from '../../base/index.ts';
import type { Client, HashResult, StatusResult } from '../../client/index.ts';
import { exactly, type Command } from '../command-line/commands.ts';
import { boolFlag, textFlag, type Flags } from '../command-line/flags.ts';
import { formatOf, printRows } from '../command-line/output.ts';
import { headerJson, print, sparse } from './format.ts';
import { endpointsOf, withClient } from './session.ts';

export const CLUSTER = boolFlag(
  'cluster',
  'Ask the client URLs of all members, not the given endpoints.',
);

export const ENDPOINT_COMMANDS: readonly Command[] = [
  { name: 'endpoint status', summary: 'Tells how the members do', flags: [CLUSTER], run: status },
  {
    name: 'endpoint health',
    summary: 'Tells whether the members answer',
    flags: [CLUSTER],
    run: health,
  },
  {
    name: 'endpoint hashkv',
    summary: "Compares the members' keys by their hash",
    flags: [CLUSTER, textFlag('rev', '0', 'Hash up to this revision (0: the latest).')],
    run: hashKv,
  },
];

/** Endpoints that are meant: the given ones, or with --cluster those of all members. */
export async function chosenEndpoints(flags: Flags): Promise<string[]> {
  if (!flags.bool('cluster')) return endpointsOf(flags);
  return withClient(flags, async (client) => {
    const { members } = await client.cluster.list({ serializable: true });
    return [...new Set(members.flatMap((member) => member.clientUrls))];
  });
}

/** Asks every endpoint; what fails is printed and makes the command fail in the end. */
export async function askAll<T>(
  flags: Flags,
  what: string,
  ask: (client: Client, endpoint: string) => Promise<T>,
): Promise<{ endpoint: string; answer: T }[]> {
  const answers: { endpoint: string; answer: T }[] = [];
  for (const endpoint of await chosenEndpoints(flags)) {
    try {
      const answer = await withClient(flags, (client) => ask(client, endpoint), [endpoint]);
      answers.push({ endpoint, answer });
    } catch (error) {
      process.stderr.write(`Failed to ${what} of endpoint ${endpoint} (${messageOf(error)})\n`);
      process.exitCode = 1;
    }
  }
  return answers;
}

async function status(args: readonly string[], flags: Flags): Promise<void> {
  exactly(args, 'endpoint status');
  const answers = await askAll(flags, 'get the status', (client, endpoint) =>
    client.maintenance.status(endpoint),
  );
  printRows(flags, {
    headers: STATUS_HEADERS,
    rows: answers.map(({ endpoint, answer }) => statusRow(endpoint, answer)),
    json: answers.map(({ endpoint, answer }) => ({
      Endpoint: endpoint,
      Status: statusJson(answer),
    })),
  });
}

const STATUS_HEADERS = [
  'endpoint',
  'ID',
  'version',
  'storage version',
  'db size',
  'in use',
  'percentage not in use',
  'quota',
  'is leader',
  'is learner',
  'raft term',
  'raft index',
  'raft applied index',
  'errors',
  'downgrade target version',
  'downgrade enabled',
];

function statusRow(endpoint: string, status: StatusResult): string[] {
  const { header, dbSize, dbSizeInUse } = status;
  const notInUse = dbSize === 0 ? 0 : 100 - Math.floor((dbSizeInUse * 100) / dbSize);
  return [
    endpoint,
    formatId(header.memberId),
    status.version,
    status.storageVersion,
    sizeText(dbSize),
    sizeText(dbSizeInUse),
    `${notInUse}%`,
    sizeText(Math.max(0, status.dbSizeQuota)),
    String(status.leader === header.memberId),
    String(status.isLearner),
    String(status.raftTerm),
    String(status.raftIndex),
    String(status.raftAppliedIndex),
    status.errors.join(', '),
    '',
    'false',
  ];
}

function statusJson(status: StatusResult): object {
  return {
    header: headerJson(status.header),
    ...sparse({ ...status, header: undefined }),
  };
}

async function health(args: readonly string[], flags: Flags): Promise<void> {
  exactly(args, 'endpoint health');
  const endpoints = await chosenEndpoints(flags);
  const results = await Promise.all(endpoints.map((endpoint) => healthOf(flags, endpoint)));
  if (formatOf(flags) === 'simple') {
    for (const { endpoint, took, error } of results) {
      if (error === '')
        print(`${endpoint} is healthy: successfully committed proposal: took = ${took}\n`);
      else process.stderr.write(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
    }
  } else {
    printRows(flags, {
      headers: ['endpoint', 'health', 'took', 'error'],
      rows: results.map(({ endpoint, took, error }) => [
        endpoint,
        String(error === ''),
        took,
        error,
      ]),
      json: results.map(({ endpoint, took, error }) => ({
        endpoint,
        health: error === '',
        took,
        ...sparse({ error }),
      })),
    });
  }
  if (results.some(({ error }) => error !== '')) throw new Error('unhealthy cluster');
}

/** A member is healthy when it answers a linearizable read and has no alarm. */
async function healthOf(
  flags: Flags,
  endpoint: string,
): Promise<{ endpoint: string; took: string; error: string }> {
  const startedMs = performance.now();
  const took = () => durationText(performance.now() - startedMs);
  try {
    const alarms = await withClient(
      flags,
      async (client) => {
        await client.get('health').catch((error: unknown) => {
          // A member that refuses a reader is well.
          if (!isEtcdError(error, 'PermissionDenied')) throw error;
        });
        return client.maintenance.alarms();
      },
      [endpoint],
    );
    const kinds = alarms.map(({ alarm }) => alarm.toUpperCase());
    return {
      endpoint,
      took: took(),
      error: kinds.length === 0 ? '' : `Active Alarm(s): ${kinds.join(', ')}`,
    };
  } catch (error) {
    return { endpoint, took: took(), error: messageOf(error) };
  }
}

async function hashKv(args: readonly string[], flags: Flags): Promise<void> {
  exactly(args, 'endpoint hashkv');
  const revision = flags.number('rev');
  const answers = await askAll(flags, 'get the hash', (client, endpoint) =>
    client.maintenance.hashKv(endpoint, { revision }),
  );
  printRows(flags, {
    headers: ['endpoint', 'hash', 'hash revision'],
    rows: answers.map(({ endpoint, answer }) => [
      endpoint,
      String(answer.hash),
      String(answer.hashRevision),
    ]),
    json: answers.map(({ endpoint, answer }) => ({ Endpoint: endpoint, HashKV: hashJson(answer) })),
  });
}

function hashJson({ header, hash, compactRevision, hashRevision }: HashResult): object {
  return {
    header: headerJson(header),
    ...sparse({ hash, compact_revision: compactRevision, hash_revision: hashRevision }),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
