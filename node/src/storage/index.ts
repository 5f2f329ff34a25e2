export * from './mvcc/index.ts';
