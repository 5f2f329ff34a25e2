// The few functions of the metadata reflection proposal that @peculiar/x509's dependency injection asks for.
// Import this before @peculiar/x509. Metadata of a base class is found through its subclasses.

type Target = object;

const metadata = new WeakMap<Target, Map<unknown, unknown>>();

function getOwnMetadata(key: unknown, target: Target): unknown {
  return metadata.get(target)?.get(key);
}

function getMetadata(key: unknown, target: Target): unknown {
  for (
    let at: Target | null = target;
    at !== null;
    at = Object.getPrototypeOf(at) as Target | null
  ) {
    if (metadata.get(at)?.has(key) === true) return getOwnMetadata(key, at);
  }
  return undefined;
}

function defineMetadata(key: unknown, value: unknown, target: Target): void {
  let own = metadata.get(target);
  if (own === undefined) metadata.set(target, (own = new Map()));
  own.set(key, value);
}

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, {
    getMetadata,
    getOwnMetadata,
    defineMetadata,
    hasOwnMetadata: (key: unknown, target: Target) => metadata.get(target)?.has(key) === true,
    metadata: (key: unknown, value: unknown) => (target: Target) =>
      defineMetadata(key, value, target),
  });
}
