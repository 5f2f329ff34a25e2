// `binnacle recover`: the guided way out of a lost quorum. It surveys the disks that are left, shows which is newest and what
// would be lost, asks, and only then makes the newest one the whole cluster.
import { createInterface } from 'node:readline/promises';
import { formatId, sizeText } from '../base/index.ts';
import { KubernetesApi } from '../kubernetes/index.ts';
import { forceNewClusterOffline } from '../server/index.ts';
import { runProgram } from './command-line/commands.ts';
import { UsageError } from './command-line/errors.ts';
import { boolFlag, textFlag, type FlagSpec, type Flags } from './command-line/flags.ts';
import { drawTable } from './command-line/table.ts';
import { orderRecovery, podPlace, surveyPods, type PodPlace } from './recover/in-cluster.ts';
import { planRecovery, type RecoveryPlan } from './recover/plan.ts';
import { surveyDisk, titleOf, type DiskSurvey } from './recover/survey.ts';
import { pathsOf, tool, whileLocked, type Tool } from './util/world.ts';

const FLAGS: readonly FlagSpec[] = [
  textFlag('data-dirs', '', 'Data directories of the members that are left, separated by commas.'),
  boolFlag('survey', 'Only show what there is.'),
  boolFlag('force', 'Recover although the disks are a quorum.'),
  textFlag('yes', '', 'The id of the cluster: do not ask.'),
];

export async function runRecover(argv: readonly string[]): Promise<void> {
  await runProgram(
    {
      name: 'binnacle',
      summary: 'Goes on from the newest disk that is left when the quorum is lost for good.',
      flags: [],
      commands: [
        {
          name: 'recover',
          parameters: '[data-dir…]',
          summary:
            'Goes on from the newest disk that is left when the quorum is lost for good.\n' +
            'It reads the data directories of members that do not run (in a pod of the kit it asks the members instead), shows which\n' +
            'is newest and what would be lost, and asks before it changes anything. Where a quorum can still be started, start it\n' +
            'instead: that loses nothing.',
          flags: FLAGS,
          run: (args, flags) => recover([...flags.list('data-dirs'), ...args], flags),
        },
      ],
    },
    ['recover', ...argv],
  );
}

async function recover(dataDirs: readonly string[], flags: Flags): Promise<void> {
  const place = podPlace(process.env);
  if (dataDirs.length === 0 && place !== undefined) {
    await recoverPods(place, flags);
    return;
  }
  if (dataDirs.length === 0)
    throw new UsageError('name the data directories that are left: binnacle recover DIR [DIR…]');
  const utility = tool();
  const disks: DiskSurvey[] = [];
  for (const dataDir of dataDirs) {
    const paths = pathsOf(dataDir);
    const look = () => surveyDisk(utility, dataDir);
    // A member that runs may be about to win a quorum back: its disk is not to be judged.
    const exists = await utility.world.disk.exists(paths.memberDir);
    disks.push(await (exists ? whileLocked(utility, paths, look) : look()));
  }
  process.stdout.write(surveyTable(disks));
  if (flags.bool('survey')) return;
  const plan = planRecovery(disks, flags.bool('force'));
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const moves = plan.others.map((disk) => `${disk.dataDir}: moved to ${asideOf(disk, stamp)}`);
  process.stdout.write(planText(plan, moves));
  if (!(await isConfirmed(plan, flags.text('yes')))) return refused();
  await act(utility, plan, stamp);
  process.stdout.write(nextText(plan));
}

/** In a pod of the kit: the members are asked, and the record tells them what to do. */
async function recoverPods(place: PodPlace, flags: Flags): Promise<void> {
  const api = KubernetesApi.fromPod();
  try {
    const { disks, silent, led, generation } = await surveyPods(api, place);
    process.stdout.write(surveyTable(disks));
    for (const reason of silent) process.stdout.write(`no answer: ${reason}\n`);
    if (flags.bool('survey')) return;
    if (led.length > 0) {
      throw new Error(
        `${led.join(', ')} has a leader, so there is a quorum, and members that come back join by themselves: nothing is to be recovered`,
      );
    }
    if (disks.length === 0) throw new Error('no member runs; bring at least one up again');
    const plan = planRecovery(disks, flags.bool('force'));
    const { survivor, others } = plan;
    process.stdout.write(planText(plan, others.map(joinStep)));
    if (!(await isConfirmed(plan, flags.text('yes')))) return refused();
    const { clusterId, dataDir } = survivor;
    await orderRecovery(api, place, { survivor: dataDir, clusterId, generation });
    process.stdout.write(
      `\nOrdered. ${dataDir} begins anew within some ten seconds, then the others join it; watch: binnacle doctor\n`,
    );
  } finally {
    api.close();
  }
}

const joinStep = ({ dataDir }: DiskSurvey): string =>
  `${dataDir}: puts its data aside (kept as old-… on its volume) and joins with a copy`;

function refused(): void {
  process.stdout.write('Nothing was changed.\n');
  process.exitCode = 1;
}

function surveyTable(disks: readonly DiskSurvey[]): string {
  const headers = [
    'data dir',
    'member',
    'last term',
    'last index',
    'committed',
    'revision',
    'size',
  ];
  const rows = disks.map((disk) => [
    disk.dataDir,
    titleOf(disk),
    String(disk.lastTerm),
    String(disk.lastIndex),
    String(disk.commitIndex),
    String(disk.revision),
    sizeText(disk.sizeBytes),
  ]);
  return drawTable(headers, rows);
}

function planText(
  { survivor, losses, unsureEntries }: RecoveryPlan,
  moves: readonly string[],
): string {
  const lines = [
    '',
    `Newest: ${titleOf(survivor)} in ${survivor.dataDir}. The cluster ${formatId(survivor.clusterId)} would go on from it.`,
    '',
    losses.length === 0 ? 'Nothing that was acknowledged would be lost.' : 'What would be lost:',
    ...losses.map((loss) => `  - ${loss}`),
    ...(unsureEntries > 0
      ? [
          `Its last ${unsureEntries} entries are kept, though it is not known that they were acknowledged.`,
        ]
      : []),
    '',
    'What would be done:',
    `  - ${survivor.dataDir}: its member becomes the only one; the others are removed from the membership`,
    ...moves.map((move) => `  - ${move}`),
    '',
  ];
  return lines.join('\n');
}

const asideOf = ({ dataDir }: DiskSurvey, stamp: string): string =>
  `${dataDir.replace(/\/+$/, '')}.before-recovery-${stamp}`;

async function isConfirmed({ survivor }: RecoveryPlan, answerGiven: string): Promise<boolean> {
  const wanted = formatId(survivor.clusterId);
  if (answerGiven !== '') {
    if (answerGiven === wanted) return true;
    throw new UsageError(`--yes has ${answerGiven}, but the cluster's id is ${wanted}`);
  }
  if (!process.stdin.isTTY)
    throw new UsageError(`there is nobody to ask: add --yes ${wanted} to go on`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Type the cluster's id (${wanted}) to go on: `);
  terminal.close();
  return answer.trim() === wanted;
}

async function act(utility: Tool, plan: RecoveryPlan, stamp: string): Promise<void> {
  const { disk } = utility.world;
  const paths = pathsOf(plan.survivor.dataDir);
  await whileLocked(utility, paths, () =>
    forceNewClusterOffline(utility.world, utility.logger, paths),
  );
  // After the survivor: should that fail, the others are still where they were.
  for (const other of plan.others) await disk.rename(other.dataDir, asideOf(other, stamp));
}

function nextText({ survivor }: RecoveryPlan): string {
  return [
    '',
    `Done. Start ${titleOf(survivor)} with the flags it always had. Then, for each of the others:`,
    '  binnacle ctl member add NAME --learner --peer-urls URL',
    '  start it with an empty data directory and --initial-cluster-state existing',
    '  binnacle ctl member promote ID',
    'Have a backup made as soon as the cluster serves.',
    '',
  ].join('\n');
}
