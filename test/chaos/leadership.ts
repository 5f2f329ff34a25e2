// Who leads, and how long nobody does.
import { Client } from '../../node/src/client/index.ts';
import { MaintenanceService } from '../../node/src/wire/gen/rpc.ts';
import { Caller } from '../integration/support/caller.ts';
import type { TestCluster } from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { eventually, sleep } from '../integration/support/waiting.ts';

const PROBE_INTERVAL_MS = 20;
const PROBE_TIMEOUT_MS = 3_000;
const GIVE_UP_MS = 10_000;

/** The member that leads, as all running members see it. */
export function findLeader(cluster: TestCluster, timeoutMs = 10_000): Promise<TestMember> {
  return eventually(
    'one leader',
    async () => {
      const running = cluster.members.filter((member) => member.isRunning);
      const seen = await Promise.all(
        running.map(async (member) => {
          const caller = new Caller(member.clientUrl, cluster.clientTls);
          try {
            const { header, leader } = await caller.unary(MaintenanceService.status, {}, 1_000);
            return { member, id: header?.memberId ?? 0n, leader };
          } finally {
            caller.close();
          }
        }),
      );
      const leader = seen[0]?.leader ?? 0n;
      if (leader === 0n || seen.some((one) => one.leader !== leader)) return undefined;
      return seen.find((one) => one.id === leader)?.member;
    },
    timeoutMs,
  );
}

/** Milliseconds from now until the client has a write acknowledged that was made from now on. */
export async function timeUntilServing(
  { members, clientTls }: TestCluster,
  giveUpMs = GIVE_UP_MS,
  asked: readonly TestMember[] = members,
): Promise<number> {
  const endpoints = asked.map((member) => member.clientUrl);
  const startMs = performance.now();
  using client = new Client({
    endpoints,
    timeoutMs: PROBE_TIMEOUT_MS,
    ...(clientTls && { tls: clientTls }),
  });
  let servedMs: number | undefined;
  const attempts: Promise<void>[] = [];
  const attempt = () =>
    client.put('probe', 'x').then(
      () => void (servedMs ??= performance.now() - startMs),
      () => undefined,
    );
  while (servedMs === undefined && performance.now() - startMs < giveUpMs) {
    attempts.push(attempt());
    await sleep(PROBE_INTERVAL_MS);
  }
  await Promise.all(attempts);
  if (servedMs === undefined) throw new Error(`no new leader serves within ${giveUpMs} ms`);
  return servedMs;
}

/** One line: how long the failovers took. */
export function distributionOf(timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b).map(Math.round);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return `${sorted.length} failovers: shortest ${at(0)} ms, median ${at(0.5)} ms, p90 ${at(0.9)} ms, longest ${at(1)} ms`;
}
