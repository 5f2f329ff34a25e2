// Clients of the simulated cluster: calls, the generated workload, and operations for the nemesis.
export { CallError, type FailedOutcome } from './call-error.ts';
export { SimClient, type CallOptions, type SimClientParts } from './client.ts';
export type * from './ports.ts';
export { Recorder, type RecorderParts, type TraceSink } from './recorder.ts';
export { SimStream } from './stream.ts';
export { Workload, type WorkloadParts } from './workload/workload.ts';
