// The cluster that `npm start` runs in a folder, as its state file describes it (infra/local/state.ts).
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { ClusterAccess } from './access.ts';
import { BackupError, reasonOf } from './errors.ts';

interface LocalState {
  readonly name: string;
  readonly host: string;
  readonly tls: string;
  readonly members: readonly {
    readonly name: string;
    readonly clientPort: number;
    readonly peerPort: number;
    readonly phase: string;
  }[];
}

/** Undefined when there is no cluster in the folder. @throws BackupError Source when its state file is damaged */
export async function localCluster(folder: string): Promise<ClusterAccess | undefined> {
  const root = join(folder, '.binnacle');
  const file = join(root, 'state.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  const state = parse(text, file);
  const isSecure = state.tls === 'mutual';
  const scheme = isSecure ? 'https' : 'http';
  const host = isIPv6(state.host) ? `[${state.host}]` : state.host;
  const pki = join(root, 'pki');
  const tls = {
    caFile: join(pki, 'ca.crt'),
    certFile: join(pki, 'client.crt'),
    keyFile: join(pki, 'client.key'),
  };
  return {
    kind: 'local',
    name: state.name,
    endpoints: state.members.map(({ clientPort }) => `${scheme}://${host}:${clientPort}`),
    // Members of a local cluster let in whoever their CA knows.
    tls: isSecure ? { client: tls, peer: tls } : undefined,
    dataDirs: new Map(state.members.map(({ name }) => [name, join(root, 'members', name)])),
  };
}

function parse(text: string, file: string): LocalState {
  try {
    const state = JSON.parse(text) as LocalState; // written by npm start; looked at here as far as it is used
    if (state.members.length > 0 && typeof state.host === 'string') return state;
    throw new Error('it has no members');
  } catch (error) {
    throw new BackupError('Source', `${file} is damaged: ${reasonOf(error)}`, { cause: error });
  }
}
