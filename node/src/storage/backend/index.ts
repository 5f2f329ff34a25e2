// storage/backend: the bbolt file.
export { Backend, type BackendOptions, type BackendWorld, type Bucket } from './backend.ts';
export { BackendCorruptError, BackendUnsupportedError } from './errors.ts';
export { DEFAULT_IGNORES, type Ignores } from './hash.ts';
export type { BackendSnapshot } from './snapshot.ts';
export { checkFile } from './check.ts';
export { ReadOnlyBackend } from './read-only.ts';
