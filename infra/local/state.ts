// What the cluster is, as far as the processes on this machine go. Written before each change, so that a start after a
// crash knows what was under way.
import * as fs from 'node:fs';
import { z } from 'zod';
import { PORT_STEP, type ClusterConfig } from '../config.ts';
import { PRIVATE_MODE, readIfThere, writeAtomically } from './files.ts';
import type { Paths } from './paths.ts';
import { Problem, reasonOf } from './problem.ts';

const memberSchema = z.strictObject({
  name: z.string(),
  clientPort: z.int(),
  peerPort: z.int(),
  /** `joining`: not yet a voter. `leaving`: being removed from the cluster, or removed and not yet cleared away. */
  phase: z.enum(['member', 'joining', 'leaving']),
});

const stateSchema = z.strictObject({
  format: z.literal(1),
  name: z.string(),
  /** --initial-cluster-token: two clusters never take each other's members. */
  token: z.string(),
  host: z.string(),
  /** `off` is what `plain` was called. */
  tls: z.preprocess((value) => (value === 'off' ? 'plain' : value), z.enum(['mutual', 'plain'])),
  clientPort: z.int(),
  peerPort: z.int(),
  /** True once every first member has answered: from then on, an empty data folder is a loss. */
  founded: z.boolean(),
  members: z.array(memberSchema).min(1),
});

export type MemberState = z.output<typeof memberSchema>;
export type ClusterState = z.output<typeof stateSchema>;

/** Parts of the configuration that a cluster keeps for life, and where cluster.yaml has them. */
const FIXED = [
  ['name', ['name']],
  ['tls', ['tls', 'mode']],
  ['host', ['local', 'host']],
  ['clientPort', ['local', 'clientPort']],
  ['peerPort', ['local', 'peerPort']],
] as const;

export interface FixedChange {
  readonly path: readonly string[];
  readonly was: string | number;
  readonly is: string | number;
}

/** @throws Problem for a mode that only Kubernetes has */
export function newState(config: ClusterConfig, token: string): ClusterState {
  const { host, clientPort, peerPort } = config.local;
  const members = Array.from({ length: config.members }, (_, index) =>
    newMember({ clientPort, peerPort }, index + 1, 'member'),
  );
  const { name } = config;
  const { mode } = config.tls;
  if (mode === 'server')
    throw new Problem(
      'cluster.yaml: tls.mode: server is for Kubernetes; on one machine write mutual, or plain for no TLS.',
    );
  return {
    format: 1,
    name,
    token,
    host,
    tls: mode,
    clientPort,
    peerPort,
    founded: false,
    members,
  };
}

/** @param ordinal from 1 on */
export function newMember(
  ports: { readonly clientPort: number; readonly peerPort: number },
  ordinal: number,
  phase: MemberState['phase'],
): MemberState {
  const offset = (ordinal - 1) * PORT_STEP;
  return {
    name: `m${ordinal}`,
    clientPort: ports.clientPort + offset,
    peerPort: ports.peerPort + offset,
    phase,
  };
}

export function ordinalOf(member: MemberState): number {
  return Number(member.name.slice(1));
}

/** What of the configuration differs from what the cluster was made with, and cannot change any more. */
export function fixedChanges(state: ClusterState, config: ClusterConfig): FixedChange[] {
  const wanted = { name: config.name, tls: config.tls.mode, ...config.local };
  return FIXED.filter(([key]) => state[key] !== wanted[key]).map(([key, path]) => ({
    path,
    was: state[key],
    is: wanted[key],
  }));
}

export function writeState(paths: Paths, state: ClusterState): void {
  writeAtomically(paths.stateFile, `${JSON.stringify(state, undefined, 2)}\n`, PRIVATE_MODE);
}

/**
 * The cluster that is in the folder; undefined when there is none yet.
 * @throws Problem when the folder is half written: what is there must neither be used nor overwritten
 */
export function readState(paths: Paths): ClusterState | undefined {
  const text = readIfThere(paths.stateFile);
  if (text === undefined) {
    const found = fs.existsSync(paths.members) ? fs.readdirSync(paths.members) : [];
    if (found.length === 0) return undefined;
    throw new Problem(
      `${paths.root} is half written: it holds data of ${found.join(', ')}, but state.json, which says what the cluster is, ` +
        `is missing. Put state.json back, or move the folder aside to start an empty cluster:\n` +
        `  mv '${paths.root}' '${paths.root}.old'`,
    );
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Problem(
      `${paths.stateFile} is damaged (${reasonOf(error).split('\n')[0]}). Put back a good copy, or move the folder aside ` +
        `to start an empty cluster:\n  mv '${paths.root}' '${paths.root}.old'`,
    );
  }
}

/**
 * A member whose data folder is gone must not start on an empty one under its old identity: it would vote again on what
 * it has voted on before.
 * @throws Problem that names the folders
 */
export function checkDataFolders(paths: Paths, state: ClusterState): void {
  if (!state.founded) return;
  const lost = state.members.filter(
    (member) => member.phase === 'member' && !fs.existsSync(paths.dataDir(member.name)),
  );
  if (lost.length === 0) return;
  const folders = lost.map((member) => paths.dataDir(member.name)).join(', ');
  throw new Problem(
    `${paths.root} is half written: ${folders} ${lost.length === 1 ? 'is' : 'are'} missing, though the cluster counts on ` +
      `that data. Put the data back; or, to give the whole cluster up and start an empty one, move the folder aside:\n` +
      `  mv '${paths.root}' '${paths.root}.old'`,
  );
}
