// Everything that can refuse a start, done before the first member runs.
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename } from 'node:path';
import { LockedError, realWorld } from '../../node/src/platform/index.ts';
import type { ClusterConfig } from '../config.ts';
import { CLUSTER_TEMPLATE, keysForKubernetes, parseClusterConfig } from '../config-file.ts';
import { CONFIG_NAME, fixedChangeText } from './config-watch.ts';
import { PUBLIC_MODE, readIfThere, writeAtomically } from './files.ts';
import type { Notices } from './notices.ts';
import type { Paths } from './paths.ts';
import { ensureCertificates } from './pki.ts';
import { checkPorts } from './ports.ts';
import { Problem } from './problem.ts';
import { endProcesses, readRun, removeRun, runningMembers } from './run-file.ts';
import { checkDataFolders, newState, readState, writeState, type ClusterState } from './state.ts';

const ORPHAN_GRACE_MS = 10_000;

export interface Prepared {
  readonly config: ClusterConfig;
  /** cluster.yaml as it was read. */
  readonly configText: string;
  readonly state: ClusterState;
  /** Keeps a second supervisor out until it is released, or this process ends. */
  readonly lock: { release(): Promise<void> };
}

/** @throws Problem, ConfigFileError: nothing has been started, and the message says what to do */
export async function prepare(paths: Paths, notices: Notices): Promise<Prepared> {
  const configText = ensureConfigFile(paths, notices);
  const config = parseClusterConfig(configText, CONFIG_NAME);
  const foreign = keysForKubernetes(configText);
  if (foreign.length > 0)
    notices.info(`${CONFIG_NAME}: ${foreign.join(', ')}: for Kubernetes, without meaning here`);
  fs.mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  const lock = await takeLock(paths);
  try {
    const found = readState(paths);
    if (found !== undefined) {
      const fixed = fixedChangeText(configText, found, config);
      if (fixed.length > 0) throw new Problem(fixed.join('\n'));
      checkDataFolders(paths, found);
    }
    await endOrphans(paths, notices);
    const state = found ?? newState(config, `${config.name}-${randomBytes(4).toString('hex')}`);
    await checkPorts(state, state.members);
    for (const folder of [paths.members, paths.logs])
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    await issueCertificates(paths, notices, config, state, found !== undefined);
    if (found === undefined) writeState(paths, state);
    return { config, configText, state, lock };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Issues what is due; nothing without TLS. Returns true when files have changed. */
export async function issueCertificates(
  paths: Paths,
  notices: Notices,
  config: ClusterConfig,
  state: ClusterState,
  exists: boolean,
): Promise<boolean> {
  if (state.tls === 'plain') return false;
  const members = state.members.map((member) => member.name);
  // A deleted folder is the user's word that a new CA is wanted.
  const hasPki = exists && fs.existsSync(paths.pki);
  const issued = await ensureCertificates({
    paths,
    config,
    members,
    exists: hasPki,
    now: new Date(),
  });
  if (!exists && issued.length > 0) notices.done('CA and certificates issued in .binnacle/pki');
  else for (const line of issued) notices.done(line);
  return issued.length > 0;
}

function ensureConfigFile(paths: Paths, notices: Notices): string {
  const text = readIfThere(paths.configFile);
  if (text !== undefined) return text;
  writeAtomically(paths.configFile, CLUSTER_TEMPLATE, PUBLIC_MODE);
  notices.done(`${basename(paths.configFile)} created: three members under mTLS`);
  return CLUSTER_TEMPLATE;
}

async function takeLock(paths: Paths): Promise<{ release(): Promise<void> }> {
  try {
    return await realWorld().disk.lock(paths.lockFile);
  } catch (error) {
    if (!(error instanceof LockedError)) throw error;
    const owner = error.processId === undefined ? '' : ` (process ${error.processId})`;
    throw new Problem(
      `This cluster is already running${owner}. \`npm run status\` shows it, \`npm stop\` stops it.`,
    );
  }
}

async function endOrphans(paths: Paths, notices: Notices): Promise<void> {
  const left = runningMembers(paths, readRun(paths));
  if (left.size > 0) {
    const names = [...left].map(([name, pid]) => `${name} (process ${pid})`).join(', ');
    notices.warn(`the last run was cut off and left ${names} running: stopping them first`);
    await endProcesses([...left.values()], ORPHAN_GRACE_MS);
  }
  removeRun(paths);
}
