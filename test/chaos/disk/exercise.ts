// Run as a process of its own on a lossy disk: does what the lines on its standard input say, and answers each with `ok`.
import { createInterface } from 'node:readline';
import { RealDisk } from '../../../node/src/platform/real-disk.ts';

/** Names are relative to the folder given as argument. */
export type Step =
  | { readonly do: 'write'; readonly name: string; readonly at: number; readonly parts: string[] }
  | { readonly do: 'truncate'; readonly name: string; readonly size: number }
  | { readonly do: 'create' | 'sync' | 'remove' | 'removeFolder'; readonly name: string }
  | { readonly do: 'makeFolder' | 'syncFolder'; readonly name: string }
  | { readonly do: 'rename'; readonly name: string; readonly to: string };

const disk = new RealDisk();
const path = (name: string): string => `${process.argv[2]}/${name}`;

async function withFile(
  name: string,
  mode: 'create' | 'readWrite',
  run: (file: Awaited<ReturnType<RealDisk['open']>>) => Promise<void>,
): Promise<void> {
  const file = await disk.open(path(name), mode);
  try {
    await run(file);
  } finally {
    await file.close();
  }
}

async function perform(step: Step): Promise<void> {
  switch (step.do) {
    case 'write': {
      const [only, ...more] = step.parts.map((part) => Buffer.from(part, 'base64'));
      return withFile(step.name, 'readWrite', (file) =>
        more.length === 0 && only !== undefined
          ? file.writeAt(only, step.at)
          : file.writevAt([only ?? Buffer.alloc(0), ...more], step.at),
      );
    }
    case 'truncate':
      return withFile(step.name, 'readWrite', (file) => file.truncate(step.size));
    case 'create':
      return withFile(step.name, 'create', () => Promise.resolve());
    case 'sync':
      return withFile(step.name, 'readWrite', (file) => file.datasync());
    case 'remove':
      return disk.remove(path(step.name));
    case 'removeFolder':
      return disk.removeFolder(path(step.name));
    case 'makeFolder':
      return disk.makeFolder(path(step.name));
    case 'syncFolder':
      return disk.syncFolder(path(step.name));
    case 'rename':
      return disk.rename(path(step.name), path(step.to));
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const step = JSON.parse(line) as Step; // written by the test
  const answer = await perform(step).then(
    () => 'ok',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'error'),
  );
  process.stdout.write(`${answer}\n`);
}
