// The watch room: the store's history, brought to those who asked for a part of it.
export { WatchHub, type WatchHubOptions } from './hub.ts';
export { SharedEvent } from './shared-event.ts';
export type { WatchableStore } from './store.ts';
export { INVALID_WATCH_ID, WatchRefusedError, WatchStream, type WatchSink } from './stream.ts';
export { END_OF_KEYS, Watcher, type WatchOptions } from './watcher.ts';
