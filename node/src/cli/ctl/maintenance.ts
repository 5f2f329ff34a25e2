// snapshot save, defrag, alarm and move-leader.
import { open, rename, rm } from 'node:fs/promises';
import { durationText, formatId } from '../../base/index.ts';
import type { Alarm, Client } from '../../client/index.ts';
import { exactly, type Command } from '../command-line/commands.ts';
import { UsageError } from '../command-line/errors.ts';
import type { Flags } from '../command-line/flags.ts';
import { CLUSTER, askAll } from './endpoint.ts';
import { present, print } from './format.ts';
import { endpointsOf, memberIdOf, withClient } from './session.ts';

export const MAINTENANCE_COMMANDS: readonly Command[] = [
  {
    name: 'snapshot save',
    parameters: '<filename>',
    summary: "Stores a copy of a member's database in a file",
    run: saveSnapshot,
  },
  {
    name: 'defrag',
    summary: "Gives back the unused space of the members' databases",
    flags: [CLUSTER],
    run: defragment,
  },
  {
    name: 'alarm list',
    summary: 'Lists all alarms',
    run: (args, flags) => alarms('list', args, flags),
  },
  {
    name: 'alarm disarm',
    summary: 'Ends all alarms',
    run: (args, flags) => alarms('disarm', args, flags),
  },
  {
    name: 'move-leader',
    parameters: '<memberID>',
    summary: 'Makes another member the leader',
    run: moveLeader,
  },
];

async function saveSnapshot(args: readonly string[], flags: Flags): Promise<void> {
  const [path = ''] = exactly(args, 'snapshot save', '<filename>');
  const [endpoint = '', ...others] = endpointsOf(flags);
  if (others.length > 0)
    throw new UsageError('snapshot must be requested to one selected node, not multiple ones');
  const version = await withClient(flags, async (client) => {
    const { storageVersion } = await client.maintenance.status(endpoint);
    await download(client, path);
    return storageVersion;
  });
  print(`Snapshot saved at ${path}\nServer version ${version}\n`);
}

/** The file appears whole or not at all. */
async function download(client: Client, path: string): Promise<void> {
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o600);
  try {
    try {
      for await (const chunk of client.maintenance.snapshot({ timeoutMs: Infinity }))
        await file.appendFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function defragment(args: readonly string[], flags: Flags): Promise<void> {
  exactly(args, 'defrag');
  await askAll(flags, 'defragment the storage', async (client, endpoint) => {
    const startedMs = performance.now();
    await client.maintenance.defragment(endpoint);
    const took = durationText(performance.now() - startedMs);
    print(`Finished defragmenting etcd member[${endpoint}]. took ${took}\n`);
  });
}

async function alarms(
  action: 'list' | 'disarm',
  args: readonly string[],
  flags: Flags,
): Promise<void> {
  exactly(args, `alarm ${action}`);
  const found = await withClient(flags, async ({ maintenance }) => {
    if (action === 'list') return maintenance.alarms();
    const ended: Alarm[] = [];
    for (const alarm of await maintenance.alarms())
      ended.push(...(await maintenance.disarm(alarm)));
    return ended;
  });
  present(
    flags,
    () => ({
      alarms: found.map(({ memberId, alarm }) => ({
        memberID: memberId,
        alarm: alarm.toUpperCase(),
      })),
    }),
    () => {
      for (const { memberId, alarm } of found)
        print(`memberID:${memberId} alarm:${alarm.toUpperCase()} \n`);
    },
  );
}

async function moveLeader(args: readonly string[], flags: Flags): Promise<void> {
  const target = memberIdOf(exactly(args, 'move-leader', '<memberID>')[0] ?? '');
  const leader = await withClient(flags, async ({ maintenance }) => {
    const endpoint = await maintenance.leaderEndpoint();
    const { leader } = await maintenance.status(endpoint);
    await maintenance.moveLeader(target, { endpoint });
    return leader;
  });
  print(`Leadership transferred from ${formatId(leader)} to ${formatId(target)}\n`);
}
