/**
 * The kit, end to end: installed on a real Kubernetes by the chart and by the objects of the Pulumi program, and then
 * scaled, restarted, drained, robbed of a volume, killed, rotated, upgraded, backed up and restored while clients work.
 *
 *   run.ts [--install chart|program]... [--only GROUP]... [--keep]
 *
 * Works on the cluster that KUBECONFIG names; without it, one is brought up by the scripts of
 * ${BINNACLE_SHARED:-../shared}/kubernetes and taken down again. --only takes groups
 * of steps: scale restart drain volume kill rotate upgrade backup tls. --keep leaves the objects there.
 * The last line is `N passed, N failed`.
 */
import { parseArgs } from 'node:util';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  conformanceFolder,
  removeScratchFolders,
  scratchFolder,
} from '../../conformance/lib/paths.ts';
import { run } from '../../conformance/lib/process.ts';
import { Report } from '../../conformance/lib/report.ts';
import { testAdmission } from './admission.ts';
import { chart } from './chart.ts';
import { kubernetesCluster, type KubernetesCluster } from './cluster.ts';
import { buildImage } from './image.ts';
import type { Installation } from './installation.ts';
import { Kit } from './kit.ts';
import type { Kubectl } from './kubectl.ts';
import { program } from './program.ts';
import { Runner } from './runner.ts';
import { startS3 } from './s3.ts';
import type { Step } from './step.ts';
import { backups } from './steps/backup.ts';
import { disruptions } from './steps/disruption.ts';
import { growths } from './steps/grow.ts';
import { recoveries } from './steps/recover.ts';
import { rotations } from './steps/rotate.ts';
import { scaling } from './steps/scale.ts';
import { tlsModes } from './steps/tls-mode.ts';
import { upgradeTo } from './steps/upgrade.ts';
import { failuresOf, tableOf } from './table.ts';

const INSTALLATIONS = { chart, program };
type InstallationName = keyof typeof INSTALLATIONS;

const TAG = 'kit-test';
const NEXT_TAG = 'kit-test-next';

const options = parseArgs({
  options: {
    install: { type: 'string', multiple: true, default: ['chart', 'program'] },
    only: { type: 'string', multiple: true, default: [] },
    namespace: { type: 'string', default: 'binnacle' },
    keep: { type: 'boolean', default: false },
  },
}).values;

const report = new Report();
const folder = scratchFolder('kit');
console.log(`  logs: ${folder}`);
await report.part('the kit, end to end', async () => {
  const cluster = await kubernetesCluster();
  try {
    await prepare(cluster);
    await testAll(cluster);
  } finally {
    if (!options.keep) await cluster.stop();
  }
});
const code = report.finish();
if (code === 0) removeScratchFolders();
process.exit(code);

/** The oracles, and the image under two tags on every node. */
async function prepare(cluster: KubernetesCluster): Promise<void> {
  const oracles = await run(join(conformanceFolder, 'build-oracles.sh'), ['helm', 'versitygw'], {
    timeoutMs: 20 * 60_000,
    echo: true,
  });
  if (oracles.code !== 0) throw new Error('helm and versitygw could not be built');
  for (const tag of [TAG, NEXT_TAG]) {
    const archive = join(folder, `${tag}.tar`);
    await report.test(`image ${tag} is built and loaded`, async () => {
      await buildImage(tag, archive);
      await cluster.load(archive);
    });
  }
}

async function testAll(cluster: KubernetesCluster): Promise<void> {
  const s3 = await startS3(folder, cluster.hostAddress);
  if (options.only.length === 0) await testAdmission(report, `${options.namespace}-admission`);
  const steps = [
    ...scaling,
    ...disruptions,
    ...recoveries,
    ...growths,
    ...rotations,
    upgradeTo(NEXT_TAG),
    ...backups(s3),
  ];
  try {
    for (const name of options.install) {
      if (!isInstallation(name)) throw new Error(`--install ${name}: chart or program`);
      await testInstallation(name, name, 'mutual', steps);
    }
    await testInstallation('chart', 'tls', 'plain', tlsModes);
  } finally {
    await s3.stop();
  }
}

function isInstallation(name: string): name is InstallationName {
  return name in INSTALLATIONS;
}

/** Installs, goes through the steps that were asked for, prints the table, and takes it away. */
async function testInstallation(
  name: InstallationName,
  suffix: string,
  mode: 'plain' | 'mutual',
  all: readonly Step[],
): Promise<void> {
  const steps = all.filter(
    ({ group }) => options.only.length === 0 || options.only.includes(group),
  );
  if (steps.length === 0) return;
  const own = join(folder, suffix);
  mkdirSync(own);
  const kit = new Kit({
    namespace: `${options.namespace}-${suffix}`,
    // This test's clients see a changed Secret at once; a kubelet takes up to 90 s.
    config: { members: 3, image: { tag: TAG }, tls: { mode, clientGraceSeconds: 3 } },
    installation: (kubectl: Kubectl): Installation => INSTALLATIONS[name](kubectl, own),
    folder: own,
  });
  const runner = new Runner(kit, report);
  try {
    if (!(await report.test(`${suffix}: installed`, () => kit.start()))) return;
    for (const step of steps) await runner.run(step);
    await runner.finish();
  } finally {
    await kit.stop();
    console.log(`\n${tableOf(runner.rows)}\n`);
    for (const line of failuresOf(runner.rows)) console.log(line);
    if (!options.keep) await removal(kit);
  }
}

async function removal(kit: Kit): Promise<void> {
  await report.test(`${kit.namespace}: removed`, async () => {
    await kit.installation.remove();
    await kit.kubectl.deleteNamespace();
  });
}
