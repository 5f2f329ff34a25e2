/**
 * The store that Kubernetes runs on: the three members of `npm start`, or, when BINNACLE_BIN names a server (etcd, to
 * prove the test), three processes of it that this test starts again when they die.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leader } from '../conformance/etcdctl/cluster-state.ts';
import { Cluster } from '../conformance/lib/cluster.ts';
import { oracle, repositoryFolder, serverBinary } from '../conformance/lib/paths.ts';
import { eventually, run, sleep, type Outcome } from '../conformance/lib/process.ts';

export interface Store {
  readonly endpoints: readonly string[];
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Kills the leader with SIGKILL. Returns its endpoint and how long no other member led, in milliseconds. */
  killLeader(): Promise<{ endpoint: string; leaderlessMs: number }>;
  /** Resolves when all members answer a linearizable read. */
  untilHealthy(): Promise<void>;
  etcdctl(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export function startStore(folder: string): Promise<Store> {
  return process.env['BINNACLE_BIN'] === undefined ? startWithUp(folder) : startProcesses(folder);
}

async function startProcesses(folder: string): Promise<Store> {
  const cluster = await Cluster.start({ binary: serverBinary, members: 3, folder });
  const { caFile, clientCertFile, clientKeyFile } = cluster.certificates;
  const pids = {
    caFile,
    certFile: clientCertFile,
    keyFile: clientKeyFile,
    endpoints: cluster.endpoints,
  };
  return {
    ...pids,
    etcdctl: (...args) => cluster.ctl(...args),
    untilHealthy: () => cluster.untilHealthy(60_000),
    stop: () => cluster.stop(),
    killLeader: async () => {
      const { endpoint } = await leader(cluster);
      const member = cluster.members.find((each) => each.clientUrl === endpoint)!;
      await member.process?.stop('SIGKILL');
      const leaderlessMs = await untilServed(pids, endpoint);
      await sleep(1_000);
      cluster.startMember(member, 'existing');
      return { endpoint, leaderlessMs };
    },
  };
}

interface Status {
  readonly endpoints: readonly string[];
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly members: readonly { role: string; pid: number; clientUrl: string }[];
}

/** Runs the command of the package's script `start` in a folder of its own, so that its state is apart. */
async function startWithUp(folder: string): Promise<Store> {
  const up = async (script: string, ...args: string[]): Promise<string> => {
    const file = join(repositoryFolder, 'package.json');
    const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as {
      scripts: Record<string, string>;
    };
    const [command, ...words] = scripts[script]!.split(' ');
    const outcome = await run(join(repositoryFolder, command!), [...words, ...args], {
      cwd: folder,
      timeoutMs: 120_000,
    });
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(`npm run ${script}: ${outcome.stderr}${outcome.stdout}`);
  };
  const status = async (): Promise<Status> => JSON.parse(await up('status', '--json')) as Status;
  await up('start', '--detach');
  const access = await status();
  const etcdctl = async (...args: string[]): Promise<string> => {
    const outcome = await etcdctlOf(access, access.endpoints, args);
    if (outcome.code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${outcome.stderr}`);
    return outcome.stdout.trimEnd();
  };
  return {
    endpoints: access.endpoints,
    caFile: access.caFile,
    certFile: access.certFile,
    keyFile: access.keyFile,
    etcdctl,
    untilHealthy: async () => {
      await eventually(
        'a healthy store',
        async () => (await etcdctl('endpoint', 'health'), true),
        60_000,
      );
    },
    stop: async () => void (await up('stop')),
    killLeader: async () => {
      const { members } = await status();
      const { pid, clientUrl } = members.find((member) => member.role === 'leader')!;
      process.kill(pid, 'SIGKILL');
      return { endpoint: clientUrl, leaderlessMs: await untilServed(access, clientUrl) };
    },
  };
}

type Access = Pick<Status, 'endpoints' | 'caFile' | 'certFile' | 'keyFile'>;

function etcdctlOf(
  access: Access,
  endpoints: readonly string[],
  args: readonly string[],
): Promise<Outcome> {
  const { caFile, certFile, keyFile } = access;
  const tls = ['--cacert', caFile, '--cert', certFile, '--key', keyFile];
  return run(oracle('etcdctl'), ['--endpoints', endpoints.join(), ...tls, ...args]);
}

/** Milliseconds until the members but `dead` take a write. */
async function untilServed(access: Access, dead: string): Promise<number> {
  const began = Date.now();
  const others = access.endpoints.filter((endpoint) => endpoint !== dead);
  const probe = ['put', '/probe/leader', String(began), '--command-timeout=1s'];
  await eventually('a new leader', async () => {
    const outcome = await etcdctlOf(access, others, probe);
    return outcome.code === 0 ? true : undefined;
  });
  return Date.now() - began;
}
