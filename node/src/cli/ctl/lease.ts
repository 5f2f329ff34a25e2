// lease grant, revoke, timetolive, list and keep-alive.
import { exactly, type Command } from '../command-line/commands.ts';
import { UsageError } from '../command-line/errors.ts';
import { boolFlag, type Flags } from '../command-line/flags.ts';
import { headerJson, leaseText, present, print } from './format.ts';
import { leaseIdOf, withClient } from './session.ts';

export const LEASE_COMMANDS: readonly Command[] = [
  {
    name: 'lease grant',
    parameters: '<ttl>',
    summary: 'Grants a lease of so many seconds',
    run: grant,
  },
  {
    name: 'lease revoke',
    parameters: '<leaseID>',
    summary: 'Ends a lease, and its keys with it',
    run: revoke,
  },
  {
    name: 'lease timetolive',
    parameters: '<leaseID>',
    summary: 'Tells how long a lease still lives',
    flags: [boolFlag('keys', 'Tell its keys, too.')],
    run: timeToLive,
  },
  { name: 'lease list', summary: 'Lists all leases', run: list },
  {
    name: 'lease keep-alive',
    parameters: '<leaseID>',
    summary: 'Renews a lease until it is interrupted',
    flags: [boolFlag('once', 'Renew it once.')],
    run: keepAlive,
  },
];

async function grant(args: readonly string[], flags: Flags): Promise<void> {
  const [text = ''] = exactly(args, 'lease grant', '<ttl>');
  if (!/^-?\d+$/.test(text)) throw new UsageError(`bad TTL (${JSON.stringify(text)})`);
  const { id, ttl } = await withClient(flags, (client) => client.leases.grant(Number(text)));
  present(
    flags,
    () => ({ ID: id, TTL: ttl, Error: '' }),
    () => print(`lease ${leaseText(id)} granted with TTL(${ttl}s)\n`),
  );
}

async function revoke(args: readonly string[], flags: Flags): Promise<void> {
  const id = leaseIdOf(exactly(args, 'lease revoke', '<leaseID>')[0] ?? '');
  await withClient(flags, (client) => client.leases.revoke(id));
  print(`lease ${leaseText(id)} revoked\n`);
}

async function timeToLive(args: readonly string[], flags: Flags): Promise<void> {
  const id = leaseIdOf(exactly(args, 'lease timetolive', '<leaseID>')[0] ?? '');
  const keys = flags.bool('keys');
  const result = await withClient(flags, (client) => client.leases.timeToLive(id, { keys }));
  const { ttl, grantedTtl, header } = result;
  const names = result.keys.map((key) => Buffer.from(key).toString());
  present(
    flags,
    () => ({
      ...headerJson(header),
      id,
      ttl,
      'granted-ttl': grantedTtl,
      keys: keys ? result.keys : null,
    }),
    () => {
      if (grantedTtl === 0 && ttl === -1) print(`lease ${leaseText(id)} already expired\n`);
      else {
        const attached = keys ? `, attached keys([${names.join(' ')}])` : '';
        print(
          `lease ${leaseText(id)} granted with TTL(${grantedTtl}s), remaining(${ttl}s)${attached}\n`,
        );
      }
    },
  );
}

async function list(args: readonly string[], flags: Flags): Promise<void> {
  exactly(args, 'lease list');
  const ids = await withClient(flags, (client) => client.leases.list());
  present(
    flags,
    () => ({ leases: ids.map((id) => ({ id })) }),
    () => print([`found ${ids.length} leases`, ...ids.map(leaseText), ''].join('\n')),
  );
}

async function keepAlive(args: readonly string[], flags: Flags): Promise<void> {
  const id = leaseIdOf(exactly(args, 'lease keep-alive', '<leaseID>')[0] ?? '');
  const tell = (ttl: number): void =>
    present(
      flags,
      () => ({ ID: id, TTL: ttl }),
      () => print(`lease ${leaseText(id)} keepalived with TTL(${ttl})\n`),
    );
  await withClient(flags, async (client) => {
    if (flags.bool('once')) {
      tell(await client.leases.keepAliveOnce(id));
      return;
    }
    const lease = await client.leases.adopt(id);
    tell(lease.ttl);
    lease.on('renewed', tell);
    await new Promise<void>((resolve) => {
      lease.once('lost', () => resolve());
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    if (lease.signal.aborted) print(`lease ${leaseText(id)} expired or revoked.\n`);
  });
}
