import { expect, test } from 'vitest';
import { bytesFromMemberChange, type ClusterMember } from '../../apply/index.ts';
import { encode } from '../../wire/index.ts';
import { ConfChange, ConfChangeType, Entry, EntryType, HardState } from '../../wire/gen/raft.ts';
import { membersOnDisk } from './known-members.ts';

const member = (id: bigint): ClusterMember => ({
  ...{ id, peerUrls: [`http://m${id}`], isLearner: false, name: `m${id}`, clientUrls: [] },
});

function entryOf(index: number, type: number, id: bigint): Entry {
  const context = bytesFromMemberChange({ member: member(id), isPromote: false });
  const change = ConfChange.create({ type, nodeId: id, context });
  return Entry.create({ type: EntryType.EntryConfChange, index, data: encode(ConfChange, change) });
}

const { ConfChangeAddNode, ConfChangeRemoveNode } = ConfChangeType;
const log = (commit: number) => ({
  hardState: HardState.create({ commit }),
  entries: [
    entryOf(3, ConfChangeRemoveNode, 1n),
    Entry.create({ index: 4 }),
    entryOf(5, ConfChangeRemoveNode, 2n),
    entryOf(6, ConfChangeAddNode, 4n),
    entryOf(7, ConfChangeRemoveNode, 3n),
  ],
});

const ids = (commit: number): bigint[] =>
  membersOnDisk([1n, 2n, 3n].map(member), 3, log(commit)).map(({ id }) => id);

test('committed changes behind the database count, others don’t', () => {
  expect(ids(4)).toEqual([1n, 2n, 3n]);
  expect(ids(6)).toEqual([1n, 3n, 4n]);
  expect(ids(9)).toEqual([1n, 4n]);
});
