// Bugs between raft, the disk and the state machine.
import type { Mutant } from '../mutant.ts';

export const serverMutants: readonly Mutant[] = [
  {
    name: 'answered-before-sync',
    bug: 'A follower acknowledges entries, and votes, before they are on its disk.',
    like: 'textbook',
    profiles: ['crash'],
    file: 'server/raft-loop.ts',
    find: 'const sentAsLeader = this.isLeader;',
    replace: 'const sentAsLeader = true;',
  },
  {
    name: 'read-of-the-local-store',
    bug: 'A linearizable Range is answered from the member’s own store, without ReadIndex.',
    like: 'textbook',
    profiles: ['network'],
    file: 'api/kv.ts',
    find: 'return member.linearizableRead().then(() => ranges.answer(request, call));',
    replace: 'return ranges.answer(request, call);',
  },
  {
    name: 'read-not-waiting-for-apply',
    bug: 'A confirmed read does not wait until the member has applied up to the read index.',
    like: 'textbook',
    profiles: ['network'],
    file: 'server/linearizable-read.ts',
    find: 'if (entry.index > appliedIndex) open.push(entry);',
    replace: 'if (entry.index > appliedIndex + 1_000_000) open.push(entry);',
  },
  {
    name: 'read-takes-an-earlier-answer',
    bug: 'A read takes the answer to a question that was asked before the read came.',
    like: 'etcd #20418',
    profiles: ['mutants/scenarios/slow-links.json', 'network'],
    file: 'server/linearizable-read.ts',
    find: 'this.waiting.push({ resolve, reject });',
    replace: '((this.question?.readers ?? this.waiting) as Reader[]).push({ resolve, reject });',
  },
  {
    name: 'applied-twice',
    bug: 'The applied index goes into the commit after the one that holds what was applied.',
    like: 'textbook',
    profiles: ['crash', 'single'],
    file: 'storage/backend/backend.ts',
    find: `    this.options.beforeCommit?.();
    this.timer?.cancel();
    this.timer = undefined;
    this.batchWrites = 0;
    this.batchBytes = 0;
    return this.database.commit();`,
    replace: `    this.timer?.cancel();
    this.timer = undefined;
    this.batchWrites = 0;
    this.batchBytes = 0;
    const committed = this.database.commit();
    this.options.beforeCommit?.();
    return committed;`,
  },
  {
    name: 'entry-skipped-after-crash',
    bug: 'The applied index on the disk is ahead of what was applied, so that a restart leaves an entry out.',
    like: 'etcd #13766',
    profiles: ['crash', 'single'],
    file: 'server/consistent-index.ts',
    find: 'meta.put(INDEX_KEY, bytesFrom(this.index));',
    replace: 'meta.put(INDEX_KEY, bytesFrom(this.index + 1));',
  },
  {
    name: 'snapshot-recorded-early',
    bug: 'The log tells of a snapshot before the database that it stands for is on the disk.',
    like: 'textbook',
    profiles: ['snapshot'],
    file: 'server/snapshots.ts',
    find: '    await state.backend.commitNow();\n',
    replace: '',
  },
  {
    name: 'snapshot-under-a-later-index',
    bug: 'A copy of the database is sent under the index that is applied now, not the one that the copy holds.',
    like: 'textbook',
    profiles: ['snapshot'],
    file: 'server/snapshots.ts',
    find: "const { index, term, confState } = positionIn((key) => snapshot.get('meta', key));",
    replace: `const { term, confState } = positionIn((key) => snapshot.get('meta', key));
    const index = state.appliedIndex;`,
  },
  {
    name: 'snapshot-without-members',
    bug: 'A member that got a snapshot goes on with the member list that it had before.',
    like: 'textbook',
    profiles: ['membership'],
    file: 'server/state-machine.ts',
    find: '    this.membership.recover(backend);\n',
    replace: '',
  },
  {
    name: 'leader-with-stuck-disk-renews',
    bug: 'A leader whose disk stands still renews leases for as long as it has not been told by its own loop that it was succeeded.',
    like: 'etcd #15247',
    profiles: ['regressions/lease-3.json', 'clock'],
    file: 'server/member.ts',
    find: "return this.isLeader && this.node.raft.role === 'leader' && !this.clock.wasPaused;",
    replace: 'return this.isLeader && !this.clock.wasPaused;',
  },
];
