// What the project takes from outside: packages with a decision behind each, and nothing of one machine.
import { expect, test } from 'vitest';
import { allFiles, linesOf, textOf } from './tree.ts';

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const manifests = ['package.json', 'node/package.json'];

function packagesOf(path: string): [name: string, version: string][] {
  const manifest = JSON.parse(textOf(path)) as Manifest;
  return Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
}

test('each dependency has its line in the decisions, and each line its dependency', () => {
  const used = new Set(manifests.flatMap((path) => packagesOf(path).map(([name]) => name)));
  const page = allFiles.find((path) => /^node\/decisions\/\d+-dependencies\.md$/.test(path))!;
  const decided = [...textOf(page).matchAll(/^\| `(?<name>[^`]+)`/gm)].map(
    (match) => match.groups?.['name'],
  );
  expect([...used].sort()).toEqual(decided.toSorted());
});

test('versions are exact, and the same in every workspace', () => {
  const versions = new Map<string, string>();
  for (const [name, version] of manifests.flatMap(packagesOf)) {
    expect(version, name).toMatch(/^(npm:.+@)?\d+\.\d+\.\d+$/);
    expect(versions.get(name) ?? version, name).toBe(version);
    versions.set(name, version);
  }
});

/** Folders of one person or machine, and hosts that a lock file or a script could pick up from its settings. */
const OF_ONE_MACHINE = [
  /(?<![\w.$}/~-])\/(work|root|home|Users)\/[\w.]/,
  /\/tmp\/[a-z]/,
  /https?:\/\/[\w.-]*(registry|proxy|mirror|artifactory|nexus)[\w.-]*[/:]/,
];

/** Where such a path is part of what is being tested or documented. */
const ALLOWED_PATHS = new Set(['test/tidy/outside.test.ts', 'LICENSE']);

test('no file names a machine’s folder or a registry’s host', () => {
  const wrong = allFiles
    .filter((path) => !ALLOWED_PATHS.has(path))
    .flatMap((path) =>
      linesOf(path).flatMap((line, i) =>
        OF_ONE_MACHINE.some((pattern) => pattern.test(line))
          ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`]
          : [],
      ),
    );
  expect(wrong).toEqual([]);
});
