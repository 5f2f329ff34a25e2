// Bugs in what is on the disk: the log, the database, compaction, defragmentation, the way back after a crash.
import type { Mutant } from '../mutant.ts';

export const storageMutants: readonly Mutant[] = [
  {
    name: 'wal-not-synced',
    bug: 'The log is written and never synced.',
    like: 'textbook',
    file: 'storage/wal/wal.ts',
    find: '    if (mustSync) await this.sync();\n',
    replace: '',
  },
  {
    name: 'wal-folder-not-synced',
    bug: 'The name of a new log is not synced in its folder.',
    like: 'etcd #22340',
    file: 'storage/wal/wal.ts',
    find: `    await disk.syncFolder(parentOf(folder));
    return wal;`,
    replace: '    return wal;',
  },
  {
    name: 'segment-name-not-synced',
    bug: 'The log goes on in a new segment whose name is not synced.',
    like: 'etcd #22340',
    file: 'storage/wal/wal.ts',
    find: `    await this.disk.syncFolder(this.folder);
    this.segments.push(next);`,
    replace: '    this.segments.push(next);',
  },
  {
    name: 'segment-without-hard-state',
    bug: 'A new segment of the log does not begin with term, vote and commit index, which leave with the older ones.',
    like: 'textbook',
    file: 'storage/wal/wal.ts',
    find: `      this.encoder.addMessage(RecordType.State, HardState, this.hardState);
    await this.write(true);`,
    replace: '      void 0;\n    await this.write(true);',
  },
  {
    name: 'torn-write-refused',
    bug: 'A write that a power failure interrupted is taken for damage, and the member does not start.',
    like: 'textbook',
    file: 'storage/wal/segment-reader.ts',
    find: 'if (!this.isLast || (recordBytes !== 0 && !isTornWrite(frame))) this.fail(problem);',
    replace: 'this.fail(`${problem} in ${frame.bytes.length} bytes`);',
  },
  {
    name: 'wal-checksum-ignored',
    bug: 'A damaged record of the log is taken for data.',
    like: 'textbook',
    file: 'storage/wal/segment-reader.ts',
    find: '} else if (crc !== expected) {',
    replace: '} else if (crc === undefined) {',
  },
  {
    name: 'meta-before-pages',
    bug: 'The meta page of a commit is written before the pages that it points to are synced.',
    like: 'textbook',
    file: 'storage/backend/write-commit.ts',
    find: `  await file.datasync();
  const id = meta.txid % 2;`,
    replace: '  const id = meta.txid % 2;',
  },
  {
    name: 'pages-freed-early',
    bug: 'Pages that a commit gives back are used again before it is durable, and under open snapshots.',
    like: 'textbook',
    file: 'storage/backend/free-pages.ts',
    find: '      this.pending.push(id);\n',
    replace: '      this.free.add(id);\n',
  },
  {
    name: 'defragmented-without-index',
    bug: 'Defragmentation puts a file in place that holds the newest changes without the applied index that goes with them.',
    like: 'etcd #14685',
    file: 'storage/backend/backend.ts',
    find: `    this.options.beforeCommit?.();
    target.replay(this.takeJournal());`,
    replace: '    target.replay(this.takeJournal());',
  },
  {
    name: 'defragmentation-forgets-writes',
    bug: 'What is written while a defragmentation copies is not carried over.',
    like: 'textbook',
    file: 'storage/backend/defragment.ts',
    find: '      target.replay(journal.slice(i, i + SMALL_JOURNAL));\n',
    replace: '',
  },
  {
    name: 'tombstone-compacted',
    bug: 'A compaction removes the deletion at its own revision, which a watch from there has to see.',
    like: 'etcd #19179',
    file: 'storage/mvcc/key-index.ts',
    find: 'if (!pool.isTombstone(record) || pool.mainOf(record) === main) return record;',
    replace: 'if (!pool.isTombstone(record)) return record;',
  },
  {
    name: 'revision-decreases',
    bug: 'After a restart, deletions do not count for the store’s revision.',
    like: 'etcd #17780',
    file: 'storage/mvcc/restore.ts',
    find: `  state.revision = main;
  if (isTombstone(key)) {`,
    replace: `  if (!isTombstone(key)) state.revision = main;
  if (isTombstone(key)) {`,
  },
  {
    name: 'compacted-read-in-txn',
    bug: 'A transaction that reads a compacted revision is found out when half of it is done.',
    like: 'etcd #18667',
    file: 'apply/txn.ts',
    find: 'if (op.requestRange !== undefined) checkRange(view, op.requestRange);',
    replace: 'if (op.requestRange !== undefined) return;',
  },
  {
    name: 'recreated-key-keeps-version',
    bug: 'A key that was deleted and put again goes on with its old create revision and version.',
    like: 'textbook',
    file: 'storage/mvcc/key-index.ts',
    find: '    else if (pool.isTombstone(slot)) this.push(slot, main, sub, main, 1);\n',
    replace: '',
  },
  {
    name: 'empty-delete-takes-a-revision',
    bug: 'A transaction that changed nothing takes a revision.',
    like: 'textbook',
    file: 'storage/mvcc/store.ts',
    find: '    if (txn.changes.length === 0) return;\n    const revision',
    replace: '    const revision',
  },
  {
    name: 'count-stops-at-limit',
    bug: 'The count of a range stops at its limit.',
    like: 'textbook',
    file: 'storage/mvcc/read.ts',
    find: 'return cut && options.totalCount !== false ? index.count(from, to, revision) : visited;',
    replace: 'return visited;',
  },
  {
    name: 'nested-compare-sees-writes',
    bug: 'The compares of a nested transaction see what the outer one has written.',
    like: 'textbook',
    file: 'apply/txn.ts',
    find: `    const nested = decided.nested[i];
    return ResponseOp.create(`,
    replace: `    const nested = op.requestTxn === undefined ? undefined : decide(txn, op.requestTxn);
    return ResponseOp.create(`,
  },
  {
    name: 'previous-value-is-the-new-one',
    bug: 'A put with prev_kv answers what it has written.',
    like: 'textbook',
    file: 'apply/txn.ts',
    find: '    prevKv: request.prevKv ? before : undefined,\n',
    replace: '    prevKv: request.prevKv ? txn.range(request.key, undefined).kvs[0] : undefined,\n',
  },
];
