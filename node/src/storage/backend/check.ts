// `bbolt check`: is every page reached once or free, and everything on the pages in order?
import type { BackendWorld } from './backend.ts';
import { Database } from './database.ts';
import { BackendCorruptError } from './errors.ts';
import { FIRST_DATA_PAGE } from './format.ts';
import { PageSet } from './free-pages.ts';
import { bucketsOf, claim, treePages } from './scan.ts';
import type { Page } from './page.ts';

const CACHE_BYTES = 4 * 1024 * 1024;
/** Pages looked at between two pauses. */
const SLICE_PAGES = 256;
/** Leaked pages that are named one by one. */
const MAX_NAMED_LEAKS = 20;

/**
 * Looks at every page of the file's newest commit. Reads only.
 * @returns what is wrong, one sentence each with page and offset; empty when the file is sound
 */
export async function checkFile(world: BackendWorld, path: string): Promise<string[]> {
  const problems: string[] = [];
  const yieldNow = (): Promise<void> => world.clock.yieldNow();
  const warn = (message: string, fields: Record<string, unknown>): void => {
    problems.push(
      `${path}: page ${String(fields['page'])}: ${message}: ${String(fields['cause'])}`,
    );
  };
  let database: Database;
  try {
    database = await Database.open(world.disk, path, 'read', {
      cacheBytes: CACHE_BYTES,
      yieldNow,
      warn,
    });
  } catch (error) {
    return [...problems, messageOf(error)];
  }
  try {
    const reached = new PageSet();
    await walk(database, reached, problems, yieldNow);
    // With a damaged tree, what hangs below the damage is not reached; that says nothing new.
    if (problems.length === 0) findLeaks(database, reached, problems);
  } finally {
    await database.close();
  }
  return problems;
}

async function walk(
  database: Database,
  reached: PageSet,
  problems: string[],
  yieldNow: () => Promise<void>,
): Promise<void> {
  const { store, meta } = database;
  let seen = 0;
  const claimAll = async (pages: Iterable<Page>): Promise<void> => {
    for (const page of pages) {
      claim(store, reached, page);
      if (++seen % SLICE_PAGES === 0) await yieldNow();
    }
  };
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(messageOf(error));
    }
  };
  await attempt(async () => {
    await claimAll(treePages(store, store.root(meta.rootId, true), true));
    for (const { tree } of bucketsOf(store, meta)) {
      if (tree.rootId === 0) continue;
      await attempt(() => claimAll(treePages(store, store.root(tree.rootId, false), false)));
    }
  });
}

function findLeaks(database: Database, reached: PageSet, problems: string[]): void {
  const { store, meta, pages } = database;
  let leaks = 0;
  for (let id = FIRST_DATA_PAGE; id < meta.highWater; id++) {
    if (reached.has(id) || pages.free.has(id) || database.isFreelistPage(id)) continue;
    if (++leaks <= MAX_NAMED_LEAKS)
      problems.push(
        `${store.file.path}: page ${id}, offset ${id * meta.pageBytes}: neither in use nor free`,
      );
  }
  if (leaks > MAX_NAMED_LEAKS)
    problems.push(`${store.file.path}: ${leaks} pages are neither in use nor free`);
}

function messageOf(error: unknown): string {
  if (error instanceof BackendCorruptError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
