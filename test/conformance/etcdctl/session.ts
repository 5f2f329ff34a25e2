/**
 * The etcdctl session: every etcdctl command against three members of the server under test under mTLS.
 */
import { Cluster } from '../lib/cluster.ts';
import { scratchFolder, serverBinary } from '../lib/paths.ts';
import type { Report } from '../lib/report.ts';
import { testConcurrency } from './concurrency.ts';
import { testKv } from './kv.ts';
import {
  testAlarms,
  testCheckPerf,
  testCompaction,
  testMirror,
  testSnapshot,
} from './maintenance.ts';
import { testEndpoints, testMembers, testMoveLeader } from './members.ts';
import { testLease, testWatch } from './watch-and-lease.ts';

export async function etcdctlSession(report: Report): Promise<void> {
  const folder = scratchFolder('etcdctl');
  console.log(`  data and logs: ${folder}`);
  const cluster = await Cluster.start({ binary: serverBinary, members: 3, folder });
  try {
    await testKv(report, cluster);
    await testWatch(report, cluster);
    await testLease(report, cluster);
    await testEndpoints(report, cluster);
    await testMoveLeader(report, cluster);
    await testMembers(report, cluster);
    await testConcurrency(report, cluster);
    await testCompaction(report, cluster);
    await testSnapshot(report, cluster, folder);
    await testMirror(report, cluster, folder);
    await testAlarms(report, serverBinary, folder);
    await testCheckPerf(report, cluster);
  } finally {
    await cluster.stop();
  }
}
