// The kubernetes room: what a process in a cluster says to the API server, and what the kit tells its jobs.
export * from './access.ts';
export * from './api.ts';
export { KubernetesError, isKubernetesError } from './errors.ts';
export * from './events.ts';
export * from './kit-file.ts';
export { quantityBytes } from './quantity.ts';
export * from './resources.ts';
export * from './types.ts';
