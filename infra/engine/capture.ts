// Runs a Pulumi program under the SDK's mock monitor and keeps every registration as the engine would get it: inputs,
// options, dependencies, in an order in which each comes after all that it depends on.
import * as pulumi from '@pulumi/pulumi';
import type { MockMonitor } from '@pulumi/pulumi/runtime/mocks.js';
import type { RegisterResourceRequest } from '@pulumi/pulumi/proto/resource_pb.js';

/** One RegisterResource call. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the parent; empty for the stack. */
  readonly parent: string;
  /** False for components. */
  readonly isCustom: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Paths of inputs that are secret, such as `data.password`. */
  readonly secrets: readonly string[];
  /** `<urn>::<id>` of an explicit provider; empty for the default one. */
  readonly provider: string;
  /** URNs. */
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly ignoreChanges: readonly string[];
  /** Former names, under the same parent. */
  readonly aliases: readonly string[];
  readonly retainOnDelete: boolean;
  readonly protect: boolean;
  readonly deleteBeforeReplace: boolean;
  readonly customTimeouts: Readonly<Record<string, string>>;
}

export interface Capture {
  readonly resources: readonly Registration[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** URNs of resources whose outputs were registered, components among them. */
  readonly finished: readonly string[];
  /** Objects that the program asked for by id. */
  readonly reads: readonly { readonly type: string; readonly id: string }[];
}

export interface CaptureOptions {
  readonly project?: string;
  readonly stack?: string;
  /** As `project:key`; structured values as JSON. */
  readonly config?: Readonly<Record<string, string>>;
  readonly isPreview?: boolean;
  /** What a provider would add to the inputs, such as the digest of an image. */
  readonly outputsOf?: (type: string, inputs: Record<string, unknown>) => Record<string, unknown>;
  /** What is read from the cluster, by type and id. */
  readonly read?: (type: string, id: string) => Record<string, unknown>;
}

/** @throws what the program throws */
export async function capture(
  program: () => unknown,
  options: CaptureOptions = {},
): Promise<Capture> {
  const { project = 'binnacle', stack = 'test', config = {}, isPreview = false } = options;
  const reads: { type: string; id: string }[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs, id }) {
        const isRead = id !== undefined && id !== '';
        if (isRead) reads.push({ type, id });
        const more = isRead ? options.read?.(type, id) : options.outputsOf?.(type, plain(inputs));
        return { id: idOf(name, plain(inputs)), state: { ...plain(inputs), ...more } };
      },
      call: ({ token }) => {
        throw new Error(`the program calls ${token}, which no test answers`);
      },
    },
    project,
    stack,
    isPreview,
  );
  pulumi.runtime.setAllConfig({ ...config });
  const resources: Registration[] = [];
  const finished: string[] = [];
  listen(resources, finished);
  const outputs = await failingWithTheProgram(() =>
    pulumi.runtime.runInPulumiStack(() => Promise.resolve(program()) as Promise<never>),
  );
  return { resources, outputs: (outputs ?? {}) as Record<string, unknown>, finished, reads };
}

/** Whatever a mock is given is plain data. */
const plain = (value: unknown): Record<string, unknown> => value as Record<string, unknown>;

/** As the Kubernetes provider makes them: namespace/name. */
function idOf(name: string, inputs: Record<string, unknown>): string {
  const metadata = inputs['metadata'] as { name?: string; namespace?: string } | undefined;
  if (metadata?.name === undefined) return `${name}-id`;
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

function listen(resources: Registration[], finished: string[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as MockMonitor; // setMocks put it there
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: RegisterResourceRequest, callback) => {
    resources.push(registrationOf(request));
    return register(request, callback);
  };
  const finish = monitor.registerResourceOutputs.bind(monitor);
  monitor.registerResourceOutputs = (request: { getUrn(): string }, callback) => {
    finished.push(request.getUrn());
    finish(request, callback);
  };
}

/** A promise that nobody awaits inside the SDK may fail: that is the program's failure, and the first one counts. */
async function failingWithTheProgram<T>(run: () => Promise<T>): Promise<T> {
  let fail = (_error: unknown): void => undefined;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => undefined);
  const onRejection = (error: unknown): void => fail(error);
  process.on('unhandledRejection', onRejection);
  try {
    const result = await Promise.race([run(), failure]);
    await Promise.race([pulumi.runtime.disconnect(), failure]);
    await Promise.race([settled(), failure]);
    return result;
  } finally {
    // What else fails for the same reason must not be taken for a failure of who runs next.
    await settled();
    process.off('unhandledRejection', onRejection);
  }
}

/** Rejections are told after the turn in which they happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** As the engine makes it: the types from the stack down, then the name. */
function urnOf(parent: string, type: string, name: string): string {
  const parentType = parent.split('::')[2]?.split('$').pop();
  const qualified = parentType === undefined ? type : `${parentType}$${type}`;
  return ['urn:pulumi', pulumi.getStack(), pulumi.getProject(), qualified, name]
    .join('::')
    .replace('::', ':');
}

function registrationOf(request: RegisterResourceRequest): Registration {
  const secrets: string[] = [];
  const wire = pulumi.runtime.deserializeProperties(request.getObject()!, true) as unknown;
  const timeouts = request.getCustomtimeouts()?.toObject() ?? {};
  const parent = request.getParent();
  const propertyDependencies: Record<string, string[]> = {};
  request.getPropertydependenciesMap().forEach((each: { getUrnsList(): string[] }, key: string) => {
    propertyDependencies[key] = each.getUrnsList();
  });
  return {
    urn: urnOf(parent, request.getType(), request.getName()),
    type: request.getType(),
    name: request.getName(),
    parent,
    isCustom: request.getCustom(),
    inputs: withoutSecrets(wire, '', secrets) as Record<string, unknown>, // of an object, an object
    secrets,
    provider: request.getProvider(),
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    ignoreChanges: request.getIgnorechangesList(),
    aliases: request
      .getAliasesList()
      .map((alias: { getSpec(): { getName(): string } | undefined }) => alias.getSpec()?.getName())
      .filter((name: string | undefined) => name !== undefined),
    retainOnDelete: request.getRetainondelete() ?? false,
    protect: request.getProtect() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    customTimeouts: Object.fromEntries(
      Object.entries(timeouts).filter(([, value]) => value !== '') as [string, string][],
    ),
  };
}

/** The value without the marks of secrets, whose paths go into `secrets`. */
function withoutSecrets(value: unknown, path: string, secrets: string[]): unknown {
  if (pulumi.runtime.isRpcSecret(value)) {
    secrets.push(path);
    return withoutSecrets(pulumi.runtime.unwrapRpcSecret(value), path, secrets);
  }
  if (Array.isArray(value))
    return value.map((each, index) => withoutSecrets(each, `${path}[${index}]`, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      withoutSecrets(each, path === '' ? key : `${path}.${key}`, secrets),
    ]),
  );
}
