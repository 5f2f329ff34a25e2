/**
 * `npm run conformance [-- PART...]`: builds etcd's own programs and lets them decide whether the server is right.
 *
 * Parts: etcdctl, behaviour, clients, files; all by default. BINNACLE_BIN names another server to test: with etcd's own
 * binary it proves the tests themselves. The last line is `N passed, N failed`; the exit code is 1 when any failed.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { behaviourSuite } from './behaviour.ts';
import { clientTests } from './clients.ts';
import { etcdctlSession } from './etcdctl/session.ts';
import { fileTests } from './files.ts';
import { conformanceFolder, removeScratchFolders, serverBinary } from './lib/paths.ts';
import { run } from './lib/process.ts';
import { Report } from './lib/report.ts';

const parts: Record<string, (report: Report) => Promise<void>> = {
  etcdctl: etcdctlSession,
  files: fileTests,
  clients: clientTests,
  behaviour: behaviourSuite,
};

const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
for (const name of wanted) {
  if (parts[name] !== undefined) continue;
  console.error(`conformance: no part '${name}'; there are: ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
if (!existsSync(serverBinary)) {
  console.error(`conformance: no server at ${serverBinary}: run 'npm ci', or set BINNACLE_BIN`);
  process.exit(2);
}

const report = new Report();
await report.part('oracles', async () => {
  const script = join(conformanceFolder, 'build-oracles.sh');
  const outcome = await run(script, [], { timeoutMs: 20 * 60_000, echo: true });
  if (outcome.code !== 0) throw new Error('etcd’s programs could not be built');
});
if (report.failures.length === 0) {
  for (const name of wanted) await report.part(name, () => parts[name]!(report));
}
const code = report.finish();
if (code === 0) removeScratchFolders();
process.exit(code);
