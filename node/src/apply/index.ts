// The apply room: a committed entry becomes a change of state.
export * from './alarms.ts';
export * from './answer-memory.ts';
export * from './applier.ts';
export * from './member-json.ts';
export * from './membership.ts';
export * from './quota.ts';
export * from './range-answer.ts';
export * from './range.ts';
export * from './store-view.ts';
export * from './txn.ts';
