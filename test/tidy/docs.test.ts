// What the pages name exists: files that they link to, scripts that they tell to run.
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { allFiles, textOf } from './tree.ts';

const pages = allFiles.filter((path) => path.endsWith('.md'));

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
    .replaceAll(' ', '-');
}

function headingsOf(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (?<heading>.+)$/gm)].map((match) =>
    anchorOf(match.groups!['heading']!),
  );
}

/** Relative links and images, as written: `path#anchor`. */
function linksOf(page: string): string[] {
  return [...textOf(page).matchAll(/\]\((?<target>[^)\s]+)\)/g)]
    .map((match) => match.groups!['target']!)
    .filter((target) => !/^[a-z]+:/.test(target));
}

const exists = (path: string): boolean =>
  allFiles.includes(path) || allFiles.some((file) => file.startsWith(`${path}/`));

test('links lead to files and headings that are there', () => {
  const broken = pages.flatMap((page) =>
    linksOf(page).filter((link) => {
      const [target = '', anchor] = link.split('#');
      const path =
        target === '' ? page : posix.join(posix.dirname(page), target).replace(/\/$/, '');
      if (!exists(path)) return true;
      return anchor !== undefined && path.endsWith('.md') && !headingsOf(path).includes(anchor);
    }),
  );
  expect(broken).toEqual([]);
});

test('npm scripts that a page names exist', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const missing = pages.flatMap((page) =>
    [...textOf(page).matchAll(/npm run (?:--silent )?(?<script>[a-z][a-z:-]*)/g)]
      .map((match) => match.groups!['script']!)
      .filter((script) => !(script in scripts))
      .map((script) => `${page}: npm run ${script}`),
  );
  expect(missing).toEqual([]);
});
