// What raft does for a proposal: alone, and as the leader of three with its followers' work included.
import type { Benchmarks, Operation } from '../base/testing/benchmark.ts';
import { present } from '../base/assert.ts';
import { TestNode } from './testing.ts';

const DATA = new Uint8Array(320).fill(7);
/** Entries that stay in memory behind what is applied. */
const KEPT = 1000;
const CONTEXT = new Uint8Array(8);

/** Members that hand each other what they send, until nobody has anything to do. */
class Group {
  readonly members = new Map<bigint, TestNode>();
  readonly leader: TestNode;

  constructor(size: number) {
    const ids = Array.from({ length: size }, (_, i) => BigInt(i + 1));
    for (const id of ids) this.members.set(id, new TestNode(ids, { id }));
    this.leader = present(this.members.get(1n), 'the first member');
    this.leader.raw.campaign();
    this.settle();
  }

  settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const member of this.members.values()) {
        while (member.raw.hasReady()) {
          busy = true;
          this.handle(member);
        }
      }
    }
  }

  /** As the server does: what it sends as the leader goes out before it is stored. */
  private handle(member: TestNode): void {
    const ready = member.raw.ready();
    member.storage.append(ready.entries);
    if (ready.hardState !== undefined) member.storage.setHardState(ready.hardState);
    for (const message of ready.messages) this.members.get(message.to)?.raw.step(message);
    member.raw.advance(ready);
  }

  /** Forgets old entries now and then, as the server does after a snapshot. */
  trim(): void {
    for (const { storage, raw } of this.members.values()) {
      const excess = storage.lastIndex() - storage.firstIndex() - 2 * KEPT;
      if (excess > 0) storage.compact(Math.min(raw.raft.log.applied, storage.lastIndex() - KEPT));
    }
  }
}

/** Proposes `count` entries together and sees them committed and applied by everybody. */
function proposer(size: number, count: number): () => Operation {
  return () => {
    const group = new Group(size);
    const datas = Array.from({ length: count }, () => DATA);
    return () => {
      group.leader.raw.proposeBatch(datas);
      group.settle();
      group.trim();
      return group;
    };
  };
}

export const benchmarks: Benchmarks = {
  'raft: commit an entry, one member': { start: proposer(1, 1) },
  'raft: commit an entry of 32 together, one member': {
    operationsPerCall: 32,
    calls: 200,
    start: proposer(1, 32),
  },
  'raft: commit an entry, three members': { calls: 500, start: proposer(3, 1) },
  'raft: commit an entry of 32 together, three members': {
    operationsPerCall: 32,
    calls: 200,
    start: proposer(3, 32),
  },
  'raft: a ReadIndex, three members': {
    calls: 500,
    start: () => {
      const group = new Group(3);
      return () => {
        group.leader.raw.readIndex(CONTEXT);
        group.settle();
        return group;
      };
    },
  },
  'raft: a heartbeat, three members': {
    calls: 500,
    start: () => {
      const group = new Group(3);
      return () => {
        group.leader.raw.tick();
        group.settle();
        return group;
      };
    },
  },
};
