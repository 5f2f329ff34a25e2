// `up`, `scale`, `rotate` and `down` on Kubernetes: a plan, a question, the engine, and what became of it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { warningsOf } from '../config.ts';
import { Problem } from '../local/problem.ts';
import { kitObjects, type KubernetesObject } from '../objects/index.ts';
import type { Arguments } from './arguments.ts';
import type { Deployment, Engine } from './engine.ts';
import { kubectlEngine } from './engine-kubectl.ts';
import { pulumiEngine } from './engine-pulumi.ts';
import { follow } from './follow.ts';
import {
  HOW_TO_GET_KIND,
  createKindCluster,
  hasKind,
  kindClusterExists,
  loadImage,
} from './kind.ts';
import { outlineOf } from './kit-outline.ts';
import { Kubectl, isInstalled } from './kubectl.ts';
import { look, type Look } from './live.ts';
import { nextAfterDown, nextAfterUp } from './next.ts';
import { isEmpty, meaningOf, objectChanges, type Plan, type Step } from './plan.ts';
import { planLines } from './plan-text.ts';
import { confirmed, type Screen } from './screen.ts';
import { SettingsFile, type Settings } from './settings.ts';

/** Nothing was done because a program is missing. */
export const EXIT_MISSING = 2;

const ENGINES: Readonly<Record<Arguments['engine'], Engine>> = {
  pulumi: pulumiEngine,
  kubectl: kubectlEngine,
};

export function settingsFile({ config, stack }: Arguments): SettingsFile {
  const path = config ?? fileURLToPath(new URL(`../Pulumi.${stack}.yaml`, import.meta.url));
  if (!existsSync(path))
    throw new Problem(
      `${path} does not exist: make it with the keys of the configuration, or name another with --config.`,
    );
  return new SettingsFile(path);
}

/** @returns the exit code */
export async function deploy(args: Arguments, screen: Screen): Promise<number> {
  const file = settingsFile(args);
  if (args.command === 'scale') file.set('members', args.members);
  if (args.command === 'rotate') {
    refuseRotation(file.read());
    file.set('tls.caGeneration', file.read().config.tls.caGeneration + 1);
  }
  const settings = file.read();
  const engine = ENGINES[args.engine];
  const missing =
    engine.missing() ?? (args.target === 'kind' && !hasKind() ? HOW_TO_GET_KIND : undefined);

  const place = await placeOf(args, settings, missing !== undefined);
  const target = await targetOf(args, settings, place);
  for (const warning of warningsOf(settings.config)) screen.line(`note: ${warning}`);
  for (const line of planLines(target.plan, screen.color)) screen.line(line);
  screen.line();
  if (missing !== undefined) {
    screen.line(`${missing}\nThis is what it would do. Nothing was changed.`);
    return EXIT_MISSING;
  }
  if (args.isPlanOnly) return 0;
  if (!isEmpty(target.plan)) {
    if (!(await confirmed(screen, args.isConfirmed))) {
      screen.line('Nothing was changed.');
      return 1;
    }
    file.save();
    await prepare(args, settings, place, screen);
    await engine.up({
      ...{ settings, settingsPath: file.path, stack: args.stack, kubectl: place.kubectl },
      ...{ wanted: target.wanted, steps: target.steps, say: (line) => screen.line(`  ${line}`) },
    });
  }
  await followTo(settings, place.kubectl, screen);
  for (const line of nextAfterUp(args, settings, place.kubectl.command)) screen.line(line);
  return 0;
}

function refuseRotation({ config: { tls } }: Settings): void {
  if (tls.mode === 'plain')
    throw new Problem('There is no certificate to rotate: tls.mode is plain.');
  if (tls.issuer !== 'self')
    throw new Problem(
      `The certificates come from ${tls.issuer}, so does a new CA: renew it there, and members load it by themselves.`,
    );
}

/** Where the objects go, and what of it there is. */
interface Place {
  readonly kubectl: Kubectl;
  readonly text: string;
  /** False: there is no cluster to look at. */
  readonly exists: boolean;
  readonly isNewKind: boolean;
}

/** @param mayBeAbsent nothing will be done anyway: a plan without a look is better than none */
async function placeOf(args: Arguments, settings: Settings, mayBeAbsent: boolean): Promise<Place> {
  const isKind = args.target === 'kind';
  const context =
    isKind && settings.context === '' ? `kind-${settings.kindCluster}` : settings.context;
  const kubectl = new Kubectl(context, settings.namespace);
  const where = context === '' ? 'the current context' : `context ${context}`;
  const text = `in namespace ${settings.namespace} of ${where}`;
  const isNewKind = isKind && (!hasKind() || !(await kindClusterExists(settings.kindCluster)));
  if (isNewKind) return { kubectl, text, exists: false, isNewKind };
  const reason = isInstalled('kubectl') ? await kubectl.unreachable() : 'kubectl is not on PATH';
  if (reason === undefined) return { kubectl, text, exists: true, isNewKind };
  if (!mayBeAbsent) throw new Problem(`The Kubernetes cluster cannot be looked at: ${reason}`);
  return {
    kubectl,
    text: `${text}, which cannot be looked at (${reason})`,
    exists: false,
    isNewKind,
  };
}

async function targetOf(
  args: Arguments,
  settings: Settings,
  place: Place,
): Promise<{ plan: Plan; wanted: KubernetesObject[]; steps: readonly Step[] }> {
  const { name } = settings.config;
  const hasNamespace = place.exists && (await place.kubectl.hasNamespace());
  const config = hasNamespace
    ? await withBuiltImage(args, settings, place.kubectl)
    : settings.config;
  const wanted = kitObjects(config, { namespace: settings.namespace, managedBy: 'Pulumi' });
  const nothing: Look = {
    live: new Map(),
    steps: wanted.map((next) => ({ now: undefined, next })),
  };
  const { live, steps } = hasNamespace
    ? await look(place.kubectl, wanted, name, ENGINES[args.engine].preview?.(place.kubectl))
    : nothing;
  const objects = objectChanges(steps);
  const members = objects.find(({ kind }) => kind === 'StatefulSet');
  const restarts = members?.fields.some(({ path }) => path.startsWith('spec.template')) === true;
  const before = outlineOf(live.get(`ConfigMap/${name}-config`));
  const after = outlineOf(
    wanted.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `${name}-config`),
  )!;
  const preparations = [
    ...(place.isNewKind ? [`kind cluster ${settings.kindCluster}`] : []),
    ...(settings.isBuilt && before === undefined
      ? ['the image, built here and loaded into the nodes']
      : []),
    ...(place.exists && !hasNamespace ? [`namespace ${settings.namespace}`] : []),
  ];
  const meaning = meaningOf(before, after, restarts);
  return {
    plan: { cluster: name, place: place.text, preparations, meaning, objects },
    wanted,
    steps,
  };
}

/** The Pulumi program names the image that it builds after its contents: the plan speaks of the one that runs. */
async function withBuiltImage(
  { engine }: Arguments,
  { config, isBuilt }: Settings,
  kubectl: Kubectl,
): Promise<Settings['config']> {
  if (!isBuilt || engine !== 'pulumi') return config;
  const set = await kubectl.get<{
    spec: { template: { spec: { containers: { image: string }[] } } };
  }>('statefulset', config.name);
  const image = set?.spec.template.spec.containers[0]?.image ?? '';
  const parts = /^(?<registry>[^/]+)\/(?<repository>.+):(?<tag>[^:@]+)$/.exec(image)?.groups;
  return parts === undefined ? config : { ...config, image: { ...config.image, ...parts } };
}

async function prepare(
  { engine }: Arguments,
  { config, kindCluster, isBuilt }: Settings,
  { isNewKind, kubectl }: Place,
  screen: Screen,
): Promise<void> {
  if (isNewKind) {
    screen.line(`  kind cluster ${kindCluster} is made; this takes a minute or two`);
    await createKindCluster(kindCluster);
  }
  if (!(await kubectl.hasNamespace())) {
    await kubectl.run(['create', 'namespace', kubectl.namespace]);
    screen.line(`  namespace ${kubectl.namespace} created`);
  }
  if (!isBuilt || engine === 'pulumi') return;
  const isThere = (await kubectl.get('statefulset', config.name)) !== undefined;
  if (isThere) return;
  const { registry, repository, tag } = config.image;
  const image = `${registry}/${repository}:${tag}`;
  screen.line(`  image ${image} is built and loaded`);
  await loadImage(
    kindCluster,
    image,
    fileURLToPath(new URL('../../.binnacle/image/kind.tar', import.meta.url)),
  );
}

async function followTo(settings: Settings, kubectl: Kubectl, screen: Screen): Promise<void> {
  const { config, namespace } = settings;
  const live = await kubectl.list<KubernetesObject>(
    'jobs',
    `app.kubernetes.io/name=binnacle,app.kubernetes.io/instance=${config.name},app.kubernetes.io/managed-by=Pulumi`,
  );
  // The engine may have built an image of another name, and so made a job of another name.
  const newest = live
    .filter(
      ({ metadata }) =>
        metadata.name.startsWith(`${config.name}-reconcile-`) && !('ownerReferences' in metadata),
    )
    .map(({ metadata }) => metadata as KubernetesObject['metadata'] & { creationTimestamp: string })
    .sort((a, b) => (a.creationTimestamp < b.creationTimestamp ? 1 : -1))[0];
  const expected = kitObjects(config, { namespace, managedBy: 'Pulumi' }).find(
    ({ kind }) => kind === 'Job',
  )!;
  await follow({
    kubectl,
    statefulSet: config.name,
    members: config.members,
    job: newest?.name ?? expected.metadata.name,
    say: (line) => screen.line(`  ${line}`),
  });
}

/** @returns the exit code */
export async function takeDown(args: Arguments, screen: Screen): Promise<number> {
  const file = settingsFile(args);
  const settings = file.read();
  const engine = ENGINES[args.engine];
  const missing = engine.missing();
  const place = await placeOf(args, settings, missing !== undefined);
  const { name } = settings.config;
  const found = place.exists && (await place.kubectl.hasNamespace());
  const wanted = kitObjects(settings.config, {
    namespace: settings.namespace,
    managedBy: 'Pulumi',
  });
  const steps = found ? (await look(place.kubectl, wanted, name)).steps : [];
  const there = steps.flatMap(({ now }): Step[] =>
    now === undefined || isKept(now) ? [] : [{ now, next: undefined }],
  );
  const meaning = [
    'the cluster stops serving; volumes, certificates, the record of the cluster and backups stay',
  ];
  const plan: Plan = {
    cluster: name,
    place: place.text,
    preparations: [],
    meaning,
    objects: objectChanges(there),
  };
  if (there.length > 0)
    for (const line of [...planLines(plan, screen.color), '']) screen.line(line);
  if (missing !== undefined) {
    screen.line(`${missing}\nThis is what it would do. Nothing was changed.`);
    return EXIT_MISSING;
  }
  if (there.length === 0) {
    screen.line(`There is no cluster ${name} ${place.text}.`);
    return 0;
  }
  if (args.isPlanOnly) return 0;
  if (!(await confirmed(screen, args.isConfirmed, name))) {
    screen.line('Nothing was changed.');
    return 1;
  }
  const deployment: Deployment = {
    ...{ settings, settingsPath: file.path, stack: args.stack, kubectl: place.kubectl },
    ...{ wanted, steps: there, say: (line: string) => screen.line(`  ${line}`) },
  };
  await engine.down(deployment);
  // Backups and restores that were started by hand: their pods would hold on to the backups' volume.
  const jobs = `app.kubernetes.io/instance=${name},app.kubernetes.io/component=backup`;
  await place.kubectl.run(['delete', 'jobs', '-l', jobs, '--ignore-not-found']);
  for (const line of nextAfterDown(args, settings, place.kubectl.command)) screen.line(line);
  return 0;
}

const isKept = ({ kind }: KubernetesObject): boolean => kind === 'PersistentVolumeClaim';
