// Bugs in watches and leases.
import type { Mutant } from '../mutant.ts';

export const watchMutants: readonly Mutant[] = [
  {
    name: 'parked-watchers-forgotten',
    bug: 'Watchers of a slow client are not taken up again when it has room.',
    like: 'textbook',
    file: 'watch/stream.ts',
    find: '    for (const watcher of parked) this.hub.place(watcher);\n',
    replace: '',
  },
  {
    name: 'slow-watcher-loses-an-event',
    bug: 'The event that found a client without room counts as delivered.',
    like: 'textbook',
    file: 'watch/hub.ts',
    find: '    watcher.minRevision = revision;\n    this.takeOut(watcher);',
    replace: '    watcher.minRevision = revision + 1;\n    this.takeOut(watcher);',
  },
  {
    name: 'watch-begins-late',
    bug: 'A watch from the past begins behind the revision that it asked for.',
    like: 'textbook',
    file: 'watch/catch-up.ts',
    find: 'if (minRevision < lo || minRevision > event.revision || !watcher.wants(event)) continue;',
    replace:
      'if (minRevision < lo || minRevision >= event.revision || !watcher.wants(event)) continue;',
  },
  {
    name: 'watch-begins-early',
    bug: 'Watchers that catch up together get each other’s events: those of before their start, or once more.',
    like: 'etcd #17247',
    file: 'watch/catch-up.ts',
    find: 'if (minRevision < lo || minRevision > event.revision || !watcher.wants(event)) continue;',
    replace: 'if (minRevision < lo || !watcher.wants(event)) continue;',
  },
  {
    name: 'progress-while-behind',
    bug: 'A progress request is answered while watchers of the stream are still catching up.',
    like: 'etcd #15220',
    file: 'watch/stream.ts',
    find: '    for (const watcher of this.watchers.values()) if (!isCurrent(watcher, revision)) return;\n',
    replace: '',
  },
  {
    name: 'revision-split',
    bug: 'The events of one transaction come in several responses.',
    like: 'textbook',
    file: 'watch/hub.ts',
    find: 'if (batch !== undefined) this.deliver(watcher, revision, batch);',
    replace: 'for (const one of batch ?? []) this.deliver(watcher, revision, [one]);',
  },
  {
    name: 'previous-of-an-event-is-itself',
    bug: 'The prev_kv of a watch event is the new value.',
    like: 'textbook',
    file: 'watch/shared-event.ts',
    find: 'this.store.keyValueAt(this.kv.key, this.kv.modRevision - 1)',
    replace: 'this.store.keyValueAt(this.kv.key, this.kv.modRevision)',
  },
  {
    name: 'compacted-watch-goes-on',
    bug: 'A watch from a compacted revision is served what is left, and not ended.',
    like: 'textbook',
    file: 'watch/catch-up.ts',
    find: 'if (lo < this.store.compactRevision) {',
    replace: 'if (lo < -1) {',
  },
  {
    name: 'watchers-not-told-of-snapshot',
    bug: 'Watchers are not told what came with a snapshot.',
    like: 'textbook',
    file: 'storage/mvcc/store.ts',
    find: '    this.onRestored?.();\n',
    replace: '',
  },
];

export const leaseMutants: readonly Mutant[] = [
  {
    name: 'old-lease-keeps-key',
    bug: 'A key that is put without its lease, or with another, is still deleted with the old one.',
    like: 'textbook',
    file: 'storage/mvcc/write-txn.ts',
    find: '    if (from !== NO_LEASE) this.detach(from, name);\n    if (to === NO_LEASE) return;',
    replace: '    if (to === NO_LEASE) return;',
  },
  {
    name: 'revoke-deletes-one-key',
    bug: 'A revocation deletes the first key of its lease and leaves the others.',
    like: 'textbook',
    file: 'lease/lease-store.ts',
    find: 'for (const key of keys) txn.deleteRange(bytesFromLatin1(key), undefined);',
    replace:
      'for (const key of keys.slice(0, 1)) txn.deleteRange(bytesFromLatin1(key), undefined);',
  },
  {
    name: 'revoke-in-any-order',
    bug: 'A revocation deletes its keys in the order in which they were attached, which a restart changes.',
    like: 'textbook',
    file: 'lease/lease.ts',
    find: '[...this.keySet].sort()',
    replace: '[...this.keySet]',
  },
  {
    name: 'leases-detached-by-restart',
    bug: 'After a restart no key belongs to its lease.',
    like: 'textbook',
    file: 'storage/mvcc/restore.ts',
    find: '  await attachLeases(leases, options);\n',
    replace: '',
  },
  {
    name: 'renewal-does-not-extend',
    bug: 'A keep-alive is answered and extends nothing.',
    like: 'textbook',
    file: 'lease/lessor.ts',
    find: `      this.wakes.schedule(lease, this.extend(lease));
      return lease.ttlSeconds;`,
    replace: '      return lease.ttlSeconds;',
  },
  {
    name: 'leases-live-forever-after-election',
    bug: 'A new leader does not start the clocks of the leases.',
    like: 'textbook',
    file: 'lease/lessor.ts',
    find: '    for (const lease of all) this.refresh(lease, extendMs);\n',
    replace: '',
  },
];
