// `binnacle ctl`: etcdctl's everyday commands, under its names and with its output.
import { runProgram } from './command-line/commands.ts';
import { ENDPOINT_COMMANDS } from './ctl/endpoint.ts';
import { KV_COMMANDS } from './ctl/kv.ts';
import { LEASE_COMMANDS } from './ctl/lease.ts';
import { MAINTENANCE_COMMANDS } from './ctl/maintenance.ts';
import { MEMBER_COMMANDS } from './ctl/member.ts';
import { GLOBAL_FLAGS } from './ctl/session.ts';
import { TXN_COMMANDS } from './ctl/txn.ts';
import { WATCH_COMMANDS } from './ctl/watch.ts';

export async function runCtl(argv: readonly string[]): Promise<void> {
  await runProgram(
    {
      name: 'binnacle ctl',
      summary: 'A command line for Binnacle and etcd.',
      flags: GLOBAL_FLAGS,
      environmentPrefix: 'ETCDCTL_',
      commands: [
        ...KV_COMMANDS,
        ...TXN_COMMANDS,
        ...WATCH_COMMANDS,
        ...LEASE_COMMANDS,
        ...MEMBER_COMMANDS,
        ...ENDPOINT_COMMANDS,
        ...MAINTENANCE_COMMANDS,
      ],
    },
    argv,
  );
}
