// Generated from proto/raft.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec } from '../codec.ts';
import { bigVarintSize, delimitedSize, varintSize } from '../writer.ts';

export const EntryType = {
  EntryNormal: 0,
  EntryConfChange: 1,
  EntryConfChangeV2: 2,
} as const;

export interface Entry {
  type: number;
  term: number;
  index: number;
  data: Uint8Array;
}

export const Entry: Codec<Entry> = {
  name: 'raftpb.Entry',
  create(init) {
    const m: Entry = { type: 0, term: 0, index: 0, data: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.type);
    n += 1 + varintSize(m.term);
    n += 1 + varintSize(m.index);
    if (m.data.length !== 0) n += 1 + delimitedSize(m.data.length);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.type);
    }
    {
      w.varint(16);
      w.varint(m.term);
    }
    {
      w.varint(24);
      w.varint(m.index);
    }
    if (m.data.length !== 0) {
      w.varint(34);
      w.bytesField(m.data);
    }
  },
  read(r, end) {
    let type_: number = 0;
    let term_: number = 0;
    let index_: number = 0;
    let data_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          type_ = r.int32();
          break;
        case 16:
          term_ = r.uint64();
          break;
        case 24:
          index_ = r.uint64();
          break;
        case 34:
          data_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { type: type_, term: term_, index: index_, data: data_ };
  },
};

export interface SnapshotMetadata {
  confState: ConfState | undefined;
  index: number;
  term: number;
}

export const SnapshotMetadata: Codec<SnapshotMetadata> = {
  name: 'raftpb.SnapshotMetadata',
  create(init) {
    const m: SnapshotMetadata = { confState: undefined, index: 0, term: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.confState !== undefined) n += 1 + delimitedSize(ConfState.sizeOf(m.confState));
    n += 1 + varintSize(m.index);
    n += 1 + varintSize(m.term);
    return n;
  },
  write(m, w) {
    if (m.confState !== undefined) {
      w.varint(10);
      w.varint(ConfState.sizeOf(m.confState));
      ConfState.write(m.confState, w);
    }
    {
      w.varint(16);
      w.varint(m.index);
    }
    {
      w.varint(24);
      w.varint(m.term);
    }
  },
  read(r, end, before) {
    let confState_: ConfState | undefined = undefined;
    let index_: number = 0;
    let term_: number = 0;
    if (before !== undefined) {
      confState_ = before.confState;
      index_ = before.index;
      term_ = before.term;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10: {
          const last = r.end();
          confState_ = ConfState.read(r, last, confState_);
          break;
        }
        case 16:
          index_ = r.uint64();
          break;
        case 24:
          term_ = r.uint64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { confState: confState_, index: index_, term: term_ };
  },
};

export interface Snapshot {
  data: Uint8Array;
  metadata: SnapshotMetadata | undefined;
}

export const Snapshot: Codec<Snapshot> = {
  name: 'raftpb.Snapshot',
  create(init) {
    const m: Snapshot = { data: EMPTY_BYTES, metadata: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.data.length !== 0) n += 1 + delimitedSize(m.data.length);
    if (m.metadata !== undefined) n += 1 + delimitedSize(SnapshotMetadata.sizeOf(m.metadata));
    return n;
  },
  write(m, w) {
    if (m.data.length !== 0) {
      w.varint(10);
      w.bytesField(m.data);
    }
    if (m.metadata !== undefined) {
      w.varint(18);
      w.varint(SnapshotMetadata.sizeOf(m.metadata));
      SnapshotMetadata.write(m.metadata, w);
    }
  },
  read(r, end, before) {
    let data_: Uint8Array = EMPTY_BYTES;
    let metadata_: SnapshotMetadata | undefined = undefined;
    if (before !== undefined) {
      data_ = before.data;
      metadata_ = before.metadata;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          data_ = r.view();
          break;
        case 18: {
          const last = r.end();
          metadata_ = SnapshotMetadata.read(r, last, metadata_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { data: data_, metadata: metadata_ };
  },
};

export const MessageType = {
  MsgHup: 0,
  MsgBeat: 1,
  MsgProp: 2,
  MsgApp: 3,
  MsgAppResp: 4,
  MsgVote: 5,
  MsgVoteResp: 6,
  MsgSnap: 7,
  MsgHeartbeat: 8,
  MsgHeartbeatResp: 9,
  MsgUnreachable: 10,
  MsgSnapStatus: 11,
  MsgCheckQuorum: 12,
  MsgTransferLeader: 13,
  MsgTimeoutNow: 14,
  MsgReadIndex: 15,
  MsgReadIndexResp: 16,
  MsgPreVote: 17,
  MsgPreVoteResp: 18,
  MsgStorageAppend: 19,
  MsgStorageAppendResp: 20,
  MsgStorageApply: 21,
  MsgStorageApplyResp: 22,
  MsgForgetLeader: 23,
} as const;

export interface Message {
  type: number;
  to: bigint;
  from: bigint;
  term: number;
  logTerm: number;
  index: number;
  entries: Entry[];
  commit: number;
  snapshot: Snapshot | undefined;
  reject: boolean;
  rejectHint: number;
  context: Uint8Array;
  vote: bigint;
  responses: Message[];
}

export const Message: Codec<Message> = {
  name: 'raftpb.Message',
  create(init) {
    const m: Message = { type: 0, to: 0n, from: 0n, term: 0, logTerm: 0, index: 0, entries: [], commit: 0, snapshot: undefined, reject: false, rejectHint: 0, context: EMPTY_BYTES, vote: 0n, responses: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.type);
    n += 1 + bigVarintSize(m.to);
    n += 1 + bigVarintSize(m.from);
    n += 1 + varintSize(m.term);
    n += 1 + varintSize(m.logTerm);
    n += 1 + varintSize(m.index);
    for (const v of m.entries) n += 1 + delimitedSize(Entry.sizeOf(v));
    n += 1 + varintSize(m.commit);
    if (m.snapshot !== undefined) n += 1 + delimitedSize(Snapshot.sizeOf(m.snapshot));
    n += 1 + 1;
    n += 1 + varintSize(m.rejectHint);
    if (m.context.length !== 0) n += 1 + delimitedSize(m.context.length);
    n += 1 + bigVarintSize(m.vote);
    for (const v of m.responses) n += 1 + delimitedSize(Message.sizeOf(v));
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.type);
    }
    {
      w.varint(16);
      w.bigVarint(m.to);
    }
    {
      w.varint(24);
      w.bigVarint(m.from);
    }
    {
      w.varint(32);
      w.varint(m.term);
    }
    {
      w.varint(40);
      w.varint(m.logTerm);
    }
    {
      w.varint(48);
      w.varint(m.index);
    }
    for (const v of m.entries) {
      w.varint(58);
      w.varint(Entry.sizeOf(v));
      Entry.write(v, w);
    }
    {
      w.varint(64);
      w.varint(m.commit);
    }
    if (m.snapshot !== undefined) {
      w.varint(74);
      w.varint(Snapshot.sizeOf(m.snapshot));
      Snapshot.write(m.snapshot, w);
    }
    {
      w.varint(80);
      w.bool(m.reject);
    }
    {
      w.varint(88);
      w.varint(m.rejectHint);
    }
    if (m.context.length !== 0) {
      w.varint(98);
      w.bytesField(m.context);
    }
    {
      w.varint(104);
      w.bigVarint(m.vote);
    }
    for (const v of m.responses) {
      w.varint(114);
      w.varint(Message.sizeOf(v));
      Message.write(v, w);
    }
  },
  read(r, end) {
    let type_: number = 0;
    let to_: bigint = 0n;
    let from_: bigint = 0n;
    let term_: number = 0;
    let logTerm_: number = 0;
    let index_: number = 0;
    const entries_: Entry[] = [];
    let commit_: number = 0;
    let snapshot_: Snapshot | undefined = undefined;
    let reject_: boolean = false;
    let rejectHint_: number = 0;
    let context_: Uint8Array = EMPTY_BYTES;
    let vote_: bigint = 0n;
    const responses_: Message[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          type_ = r.int32();
          break;
        case 16:
          to_ = r.uint64Big();
          break;
        case 24:
          from_ = r.uint64Big();
          break;
        case 32:
          term_ = r.uint64();
          break;
        case 40:
          logTerm_ = r.uint64();
          break;
        case 48:
          index_ = r.uint64();
          break;
        case 58: {
          const last = r.end();
          entries_.push(Entry.read(r, last));
          break;
        }
        case 64:
          commit_ = r.uint64();
          break;
        case 74: {
          const last = r.end();
          snapshot_ = Snapshot.read(r, last, snapshot_);
          break;
        }
        case 80:
          reject_ = r.bool();
          break;
        case 88:
          rejectHint_ = r.uint64();
          break;
        case 98:
          context_ = r.view();
          break;
        case 104:
          vote_ = r.uint64Big();
          break;
        case 114: {
          const last = r.enter();
          responses_.push(Message.read(r, last));
          r.leave();
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { type: type_, to: to_, from: from_, term: term_, logTerm: logTerm_, index: index_, entries: entries_, commit: commit_, snapshot: snapshot_, reject: reject_, rejectHint: rejectHint_, context: context_, vote: vote_, responses: responses_ };
  },
};

export interface HardState {
  term: number;
  vote: bigint;
  commit: number;
}

export const HardState: Codec<HardState> = {
  name: 'raftpb.HardState',
  create(init) {
    const m: HardState = { term: 0, vote: 0n, commit: 0 };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.term);
    n += 1 + bigVarintSize(m.vote);
    n += 1 + varintSize(m.commit);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.term);
    }
    {
      w.varint(16);
      w.bigVarint(m.vote);
    }
    {
      w.varint(24);
      w.varint(m.commit);
    }
  },
  read(r, end) {
    let term_: number = 0;
    let vote_: bigint = 0n;
    let commit_: number = 0;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          term_ = r.uint64();
          break;
        case 16:
          vote_ = r.uint64Big();
          break;
        case 24:
          commit_ = r.uint64();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { term: term_, vote: vote_, commit: commit_ };
  },
};

export const ConfChangeTransition = {
  ConfChangeTransitionAuto: 0,
  ConfChangeTransitionJointImplicit: 1,
  ConfChangeTransitionJointExplicit: 2,
} as const;

export interface ConfState {
  voters: bigint[];
  learners: bigint[];
  votersOutgoing: bigint[];
  learnersNext: bigint[];
  autoLeave: boolean;
}

export const ConfState: Codec<ConfState> = {
  name: 'raftpb.ConfState',
  create(init) {
    const m: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    for (const v of m.voters) n += 1 + bigVarintSize(v);
    for (const v of m.learners) n += 1 + bigVarintSize(v);
    for (const v of m.votersOutgoing) n += 1 + bigVarintSize(v);
    for (const v of m.learnersNext) n += 1 + bigVarintSize(v);
    n += 1 + 1;
    return n;
  },
  write(m, w) {
    for (const v of m.voters) {
      w.varint(8);
      w.bigVarint(v);
    }
    for (const v of m.learners) {
      w.varint(16);
      w.bigVarint(v);
    }
    for (const v of m.votersOutgoing) {
      w.varint(24);
      w.bigVarint(v);
    }
    for (const v of m.learnersNext) {
      w.varint(32);
      w.bigVarint(v);
    }
    {
      w.varint(40);
      w.bool(m.autoLeave);
    }
  },
  read(r, end, before) {
    let voters_: bigint[] = [];
    let learners_: bigint[] = [];
    let votersOutgoing_: bigint[] = [];
    let learnersNext_: bigint[] = [];
    let autoLeave_: boolean = false;
    if (before !== undefined) {
      voters_ = before.voters;
      learners_ = before.learners;
      votersOutgoing_ = before.votersOutgoing;
      learnersNext_ = before.learnersNext;
      autoLeave_ = before.autoLeave;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          voters_.push(r.uint64Big());
          break;
        case 10: {
          const last = r.end();
          while (r.position < last) voters_.push(r.uint64Big());
          if (r.position !== last) r.fail('packed field runs past its end');
          break;
        }
        case 16:
          learners_.push(r.uint64Big());
          break;
        case 18: {
          const last = r.end();
          while (r.position < last) learners_.push(r.uint64Big());
          if (r.position !== last) r.fail('packed field runs past its end');
          break;
        }
        case 24:
          votersOutgoing_.push(r.uint64Big());
          break;
        case 26: {
          const last = r.end();
          while (r.position < last) votersOutgoing_.push(r.uint64Big());
          if (r.position !== last) r.fail('packed field runs past its end');
          break;
        }
        case 32:
          learnersNext_.push(r.uint64Big());
          break;
        case 34: {
          const last = r.end();
          while (r.position < last) learnersNext_.push(r.uint64Big());
          if (r.position !== last) r.fail('packed field runs past its end');
          break;
        }
        case 40:
          autoLeave_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { voters: voters_, learners: learners_, votersOutgoing: votersOutgoing_, learnersNext: learnersNext_, autoLeave: autoLeave_ };
  },
};

export const ConfChangeType = {
  ConfChangeAddNode: 0,
  ConfChangeRemoveNode: 1,
  ConfChangeUpdateNode: 2,
  ConfChangeAddLearnerNode: 3,
} as const;

export interface ConfChange {
  id: bigint;
  type: number;
  nodeId: bigint;
  context: Uint8Array;
}

export const ConfChange: Codec<ConfChange> = {
  name: 'raftpb.ConfChange',
  create(init) {
    const m: ConfChange = { id: 0n, type: 0, nodeId: 0n, context: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + bigVarintSize(m.id);
    n += 1 + varintSize(m.type);
    n += 1 + bigVarintSize(m.nodeId);
    if (m.context.length !== 0) n += 1 + delimitedSize(m.context.length);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.bigVarint(m.id);
    }
    {
      w.varint(16);
      w.varint(m.type);
    }
    {
      w.varint(24);
      w.bigVarint(m.nodeId);
    }
    if (m.context.length !== 0) {
      w.varint(34);
      w.bytesField(m.context);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    let type_: number = 0;
    let nodeId_: bigint = 0n;
    let context_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        case 16:
          type_ = r.int32();
          break;
        case 24:
          nodeId_ = r.uint64Big();
          break;
        case 34:
          context_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, type: type_, nodeId: nodeId_, context: context_ };
  },
};

export interface ConfChangeSingle {
  type: number;
  nodeId: bigint;
}

export const ConfChangeSingle: Codec<ConfChangeSingle> = {
  name: 'raftpb.ConfChangeSingle',
  create(init) {
    const m: ConfChangeSingle = { type: 0, nodeId: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.type);
    n += 1 + bigVarintSize(m.nodeId);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.type);
    }
    {
      w.varint(16);
      w.bigVarint(m.nodeId);
    }
  },
  read(r, end) {
    let type_: number = 0;
    let nodeId_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          type_ = r.int32();
          break;
        case 16:
          nodeId_ = r.uint64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { type: type_, nodeId: nodeId_ };
  },
};

export interface ConfChangeV2 {
  transition: number;
  changes: ConfChangeSingle[];
  context: Uint8Array;
}

export const ConfChangeV2: Codec<ConfChangeV2> = {
  name: 'raftpb.ConfChangeV2',
  create(init) {
    const m: ConfChangeV2 = { transition: 0, changes: [], context: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + varintSize(m.transition);
    for (const v of m.changes) n += 1 + delimitedSize(ConfChangeSingle.sizeOf(v));
    if (m.context.length !== 0) n += 1 + delimitedSize(m.context.length);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.varint(m.transition);
    }
    for (const v of m.changes) {
      w.varint(18);
      w.varint(ConfChangeSingle.sizeOf(v));
      ConfChangeSingle.write(v, w);
    }
    if (m.context.length !== 0) {
      w.varint(26);
      w.bytesField(m.context);
    }
  },
  read(r, end) {
    let transition_: number = 0;
    const changes_: ConfChangeSingle[] = [];
    let context_: Uint8Array = EMPTY_BYTES;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          transition_ = r.int32();
          break;
        case 18: {
          const last = r.end();
          changes_.push(ConfChangeSingle.read(r, last));
          break;
        }
        case 26:
          context_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { transition: transition_, changes: changes_, context: context_ };
  },
};

