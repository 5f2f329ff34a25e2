// Are the ports free? Asked before anything is started, so that the answer can name the key in cluster.yaml.
import { createServer } from 'node:net';
import { PORT_STEP } from '../config.ts';
import { Problem } from './problem.ts';
import { ordinalOf, type ClusterState, type MemberState } from './state.ts';

/** @throws Problem that names each port that is taken, whose it is, and what to do */
export async function checkPorts(
  state: ClusterState,
  members: readonly MemberState[],
): Promise<void> {
  const problems: string[] = [];
  for (const member of members) {
    for (const use of ['client', 'peer'] as const) {
      const port = use === 'client' ? member.clientPort : member.peerPort;
      const code = await tryPort(state.host, port);
      if (code === undefined) continue;
      if (code === 'EADDRNOTAVAIL') {
        throw new Problem(
          `local.host in cluster.yaml is ${state.host}, which is no address of this machine. Write one that is; 127.0.0.1 always works.`,
        );
      }
      problems.push(describe(state, member, use, port, code));
    }
  }
  if (problems.length === 0) return;
  const advice = state.founded
    ? 'Stop the program that has it (`lsof -nP -iTCP -sTCP:LISTEN` lists them): the cluster in .binnacle keeps its ports for life.'
    : 'Stop the program that has it (`lsof -nP -iTCP -sTCP:LISTEN` lists them), or set another first port in cluster.yaml.';
  throw new Problem([...problems, advice].join('\n'));
}

function describe(
  state: ClusterState,
  member: MemberState,
  use: 'client' | 'peer',
  port: number,
  code: string,
): string {
  const first = use === 'client' ? state.clientPort : state.peerPort;
  const offset = (ordinalOf(member) - 1) * PORT_STEP;
  const origin = `local.${use}Port in cluster.yaml${offset === 0 ? '' : `, ${first}, plus ${offset}`}`;
  const what = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`;
  return `Port ${port} ${what}: ${member.name} needs it for its ${use}s (${origin}).`;
}

/** The error's code when the port cannot be listened on. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
