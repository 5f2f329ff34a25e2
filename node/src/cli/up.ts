// `binnacle up` is kept beside the deployments whose configuration it shares, outside this package's sources.
const MAIN = new URL('../../../infra/local/main.ts', import.meta.url).href;

interface UpModule {
  runUp(argv: readonly string[]): Promise<void>;
}

export async function runUp(argv: readonly string[]): Promise<void> {
  // The compiler cannot follow a computed path; infra/local/main.ts exports this function.
  const { runUp: run } = (await import(MAIN)) as UpModule;
  await run(argv);
}
