// Who leads, and how long nobody does.
import { utf8FromText } from '../../node/src/base/index.ts';
import { KVService, MaintenanceService } from '../../node/src/wire/gen/rpc.ts';
import { Caller } from '../integration/support/caller.ts';
import type { TestCluster } from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { eventually, sleep } from '../integration/support/waiting.ts';

const PROBE_INTERVAL_MS = 20;

/** The member that leads, as all running members see it. */
export function findLeader(cluster: TestCluster): Promise<TestMember> {
  return eventually('one leader', async () => {
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
  });
}

/** Milliseconds from now until some other member than `gone` has acknowledged a write that was made from now on. */
export async function timeUntilServing(cluster: TestCluster, gone: TestMember): Promise<number> {
  const startMs = performance.now();
  const callers = cluster.members
    .filter((member) => member !== gone && member.isRunning)
    .map((member) => new Caller(member.clientUrl, cluster.clientTls));
  let servedMs: number | undefined;
  const attempts: Promise<void>[] = [];
  const attempt = async (caller: Caller): Promise<void> => {
    const request = { key: utf8FromText('probe'), value: utf8FromText('x') };
    await caller.unary(KVService.put, request, 3_000).then(
      () => (servedMs ??= performance.now() - startMs),
      () => undefined,
    );
  };
  while (servedMs === undefined && performance.now() - startMs < 10_000) {
    for (const caller of callers) attempts.push(attempt(caller));
    await sleep(PROBE_INTERVAL_MS);
  }
  for (const caller of callers) caller.close();
  await Promise.all(attempts);
  if (servedMs === undefined) throw new Error('no new leader serves within 10 s');
  return servedMs;
}

/** One line: how long the failovers took. */
export function distributionOf(timesMs: readonly number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b).map(Math.round);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return `${sorted.length} failovers: shortest ${at(0)} ms, median ${at(0.5)} ms, p90 ${at(0.9)} ms, longest ${at(1)} ms`;
}
