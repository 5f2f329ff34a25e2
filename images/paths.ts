// Where the image is made.
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const PROJECT = at('..');
/** Finished images, and what need not be fetched twice. */
export const OUTPUT = at('../.binnacle/image');
export const SOURCES = at('./binnacle');
export const ENTRY = at('./binnacle/entry.ts');
export const FRONT_THREAD = at('../node/src/front/thread.ts');
/** Takes the place of `binnacle up`, which needs the project's sources. */
export const UP_IN_IMAGE = at('./binnacle/up.ts');
