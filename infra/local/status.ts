// `npm run status`: what runs, for people and as JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { formatId } from '../../node/src/base/index.ts';
import { accessTo } from './member-flags.ts';
import { Observer, type MemberView } from './observer.ts';
import type { Paths } from './paths.ts';
import { Problem } from './problem.ts';
import { readRun, runningMembers, runningSupervisor } from './run-file.ts';
import { readState, type ClusterState } from './state.ts';
import { renderTable } from './table.ts';

const RATE_INTERVAL_MS = 500;

/**
 * Prints the status.
 * @returns false when the cluster does not run
 * @throws Problem when there is none in this folder
 */
export async function showStatus(paths: Paths, asJson: boolean): Promise<boolean> {
  const state = readState(paths);
  if (state === undefined)
    throw new Problem('There is no cluster in this folder yet: `npm start` makes one.');
  const run = readRun(paths);
  const supervisor = runningSupervisor(run);
  const pids = runningMembers(paths, run);
  const observer = new Observer(paths);
  const look = () =>
    observer.look(state, (name) => ({ pid: pids.get(name), isWaiting: false }), !asJson);
  let views = await look();
  if (!asJson && pids.size > 0) {
    await sleep(RATE_INTERVAL_MS); // requests per second take two readings
    views = await look();
  }
  observer.forget();
  const startedAt = supervisor === undefined ? undefined : run?.startedAt;
  if (asJson)
    process.stdout.write(`${JSON.stringify(jsonStatus(paths, state, views), undefined, 2)}\n`);
  else {
    const uptimeMs = startedAt === undefined ? undefined : Date.now() - Date.parse(startedAt);
    printTable(state, views, uptimeMs, supervisor);
  }
  return supervisor !== undefined;
}

/** The documented shape. A member that does not answer has null where only it knows. */
export function jsonStatus(
  paths: Paths,
  state: ClusterState,
  views: readonly MemberView[],
): Record<string, unknown> {
  const access = accessTo(paths, state);
  return {
    endpoints: access.endpoints,
    caFile: access.caFile ?? null,
    certFile: access.certFile ?? null,
    keyFile: access.keyFile ?? null,
    members: views.map((view) => ({
      name: view.name,
      id: view.status?.header === undefined ? null : formatId(view.status.header.memberId),
      role: view.role,
      pid: view.pid ?? null,
      clientUrl: view.clientUrl,
      peerUrl: view.peerUrl,
      dataDir: view.dataDir,
      revision: view.status?.header?.revision ?? null,
      dbSize: view.status?.dbSize ?? null,
    })),
  };
}

function printTable(
  state: ClusterState,
  members: readonly MemberView[],
  uptimeMs: number | undefined,
  supervisorPid: number | undefined,
): void {
  const width = process.stdout.isTTY ? process.stdout.columns : 200;
  const color = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  const footer =
    supervisorPid === undefined
      ? ['not running: `npm start` starts it']
      : [`supervisor: process ${supervisorPid} · \`npm stop\` stops it`];
  const { name: cluster, tls } = state;
  const model = { cluster, tls, desired: members.length, uptimeMs, members, footer };
  process.stdout.write(`${renderTable(model, { width, color }).join('\n')}\n`);
}
