// Node for the image, as the npm package of its architecture carries it, in the version that the lock file has.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTPUT, PROJECT } from './paths.ts';
import { Problem } from './problem.ts';

export type Architecture = 'amd64' | 'arm64';

/** What npm calls them. */
const CPU: Readonly<Record<Architecture, string>> = { amd64: 'x64', arm64: 'arm64' };

export function nodeVersion(): string {
  const { devDependencies } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return devDependencies['node']!;
}

/** Path of the binary; fetched on first use, and checked by npm against the integrity that its registry gives. */
export function nodeBinary(architecture: Architecture): string {
  const cpu = CPU[architecture];
  const name = `node-linux-${cpu}`;
  const folder = join(OUTPUT, `${name}-${nodeVersion()}`);
  const binary = join('node_modules', name, 'bin', 'node');
  if (existsSync(join(folder, binary))) return join(folder, binary);

  process.stdout.write(`fetching Node ${nodeVersion()} for linux/${architecture}\n`);
  const fetching = `${folder}.${process.pid}`;
  rmSync(fetching, { recursive: true, force: true });
  mkdirSync(fetching, { recursive: true });
  // npm looks for the project of the folder that it is started in: without this file it would be Binnacle itself.
  writeFileSync(join(fetching, 'package.json'), '{"private":true}\n');
  const { status, stderr } = spawnSync(
    'npm',
    ['install', `${name}@${nodeVersion()}`, '--ignore-scripts', '--no-audit', '--no-fund']
      .concat(['--force', '--save-exact', '--prefix', fetching])
      .concat([`--cpu=${cpu}`, '--os=linux']),
    { encoding: 'utf8', cwd: fetching },
  );
  if (status !== 0 || !existsSync(join(fetching, binary)))
    throw new Problem(`npm could not fetch ${name}@${nodeVersion()}:\n${stderr.trim()}`);
  try {
    renameSync(fetching, folder);
  } catch (error) {
    // Another build was faster.
    rmSync(fetching, { recursive: true, force: true });
    if (!existsSync(join(folder, binary))) throw error;
  }
  return join(folder, binary);
}
