// Generated from proto/membership.proto by proto/generate.ts. Do not edit.
import type { Codec } from '../codec.ts';
import { bigVarintSize, delimitedSize, stringSize } from '../writer.ts';

export interface RaftAttributes {
  peerUrls: string[];
  isLearner: boolean;
}

export const RaftAttributes: Codec<RaftAttributes> = {
  name: 'membershippb.RaftAttributes',
  create(init) {
    const m: RaftAttributes = { peerUrls: [], isLearner: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    for (const v of m.peerUrls) n += 1 + stringSize(v);
    if (m.isLearner !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    for (const v of m.peerUrls) {
      w.varint(10);
      w.string(v);
    }
    if (m.isLearner !== false) {
      w.varint(16);
      w.bool(m.isLearner);
    }
  },
  read(r, end, before) {
    let peerUrls_: string[] = [];
    let isLearner_: boolean = false;
    if (before !== undefined) {
      peerUrls_ = before.peerUrls;
      isLearner_ = before.isLearner;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          peerUrls_.push(r.string());
          break;
        case 16:
          isLearner_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { peerUrls: peerUrls_, isLearner: isLearner_ };
  },
};

export interface Attributes {
  name: string;
  clientUrls: string[];
}

export const Attributes: Codec<Attributes> = {
  name: 'membershippb.Attributes',
  create(init) {
    const m: Attributes = { name: '', clientUrls: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name !== '') n += 1 + stringSize(m.name);
    for (const v of m.clientUrls) n += 1 + stringSize(v);
    return n;
  },
  write(m, w) {
    if (m.name !== '') {
      w.varint(10);
      w.string(m.name);
    }
    for (const v of m.clientUrls) {
      w.varint(18);
      w.string(v);
    }
  },
  read(r, end, before) {
    let name_: string = '';
    let clientUrls_: string[] = [];
    if (before !== undefined) {
      name_ = before.name;
      clientUrls_ = before.clientUrls;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.string();
          break;
        case 18:
          clientUrls_.push(r.string());
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, clientUrls: clientUrls_ };
  },
};

export interface Member {
  id: bigint;
  raftAttributes: RaftAttributes | undefined;
  memberAttributes: Attributes | undefined;
}

export const Member: Codec<Member> = {
  name: 'membershippb.Member',
  create(init) {
    const m: Member = { id: 0n, raftAttributes: undefined, memberAttributes: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.id !== 0n) n += 1 + bigVarintSize(m.id);
    if (m.raftAttributes !== undefined) n += 1 + delimitedSize(RaftAttributes.sizeOf(m.raftAttributes));
    if (m.memberAttributes !== undefined) n += 1 + delimitedSize(Attributes.sizeOf(m.memberAttributes));
    return n;
  },
  write(m, w) {
    if (m.id !== 0n) {
      w.varint(8);
      w.bigVarint(m.id);
    }
    if (m.raftAttributes !== undefined) {
      w.varint(18);
      w.varint(RaftAttributes.sizeOf(m.raftAttributes));
      RaftAttributes.write(m.raftAttributes, w);
    }
    if (m.memberAttributes !== undefined) {
      w.varint(26);
      w.varint(Attributes.sizeOf(m.memberAttributes));
      Attributes.write(m.memberAttributes, w);
    }
  },
  read(r, end) {
    let id_: bigint = 0n;
    let raftAttributes_: RaftAttributes | undefined = undefined;
    let memberAttributes_: Attributes | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          id_ = r.uint64Big();
          break;
        case 18: {
          const last = r.end();
          raftAttributes_ = RaftAttributes.read(r, last, raftAttributes_);
          break;
        }
        case 26: {
          const last = r.end();
          memberAttributes_ = Attributes.read(r, last, memberAttributes_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { id: id_, raftAttributes: raftAttributes_, memberAttributes: memberAttributes_ };
  },
};

export interface ClusterVersionSetRequest {
  ver: string;
}

export const ClusterVersionSetRequest: Codec<ClusterVersionSetRequest> = {
  name: 'membershippb.ClusterVersionSetRequest',
  create(init) {
    const m: ClusterVersionSetRequest = { ver: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.ver !== '') n += 1 + stringSize(m.ver);
    return n;
  },
  write(m, w) {
    if (m.ver !== '') {
      w.varint(10);
      w.string(m.ver);
    }
  },
  read(r, end, before) {
    let ver_: string = '';
    if (before !== undefined) {
      ver_ = before.ver;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          ver_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { ver: ver_ };
  },
};

export interface ClusterMemberAttrSetRequest {
  memberId: bigint;
  memberAttributes: Attributes | undefined;
}

export const ClusterMemberAttrSetRequest: Codec<ClusterMemberAttrSetRequest> = {
  name: 'membershippb.ClusterMemberAttrSetRequest',
  create(init) {
    const m: ClusterMemberAttrSetRequest = { memberId: 0n, memberAttributes: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.memberId !== 0n) n += 1 + bigVarintSize(m.memberId);
    if (m.memberAttributes !== undefined) n += 1 + delimitedSize(Attributes.sizeOf(m.memberAttributes));
    return n;
  },
  write(m, w) {
    if (m.memberId !== 0n) {
      w.varint(8);
      w.bigVarint(m.memberId);
    }
    if (m.memberAttributes !== undefined) {
      w.varint(18);
      w.varint(Attributes.sizeOf(m.memberAttributes));
      Attributes.write(m.memberAttributes, w);
    }
  },
  read(r, end, before) {
    let memberId_: bigint = 0n;
    let memberAttributes_: Attributes | undefined = undefined;
    if (before !== undefined) {
      memberId_ = before.memberId;
      memberAttributes_ = before.memberAttributes;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          memberId_ = r.uint64Big();
          break;
        case 18: {
          const last = r.end();
          memberAttributes_ = Attributes.read(r, last, memberAttributes_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { memberId: memberId_, memberAttributes: memberAttributes_ };
  },
};

export interface DowngradeInfoSetRequest {
  enabled: boolean;
  ver: string;
}

export const DowngradeInfoSetRequest: Codec<DowngradeInfoSetRequest> = {
  name: 'membershippb.DowngradeInfoSetRequest',
  create(init) {
    const m: DowngradeInfoSetRequest = { enabled: false, ver: '' };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.enabled !== false) n += 1 + 1;
    if (m.ver !== '') n += 1 + stringSize(m.ver);
    return n;
  },
  write(m, w) {
    if (m.enabled !== false) {
      w.varint(8);
      w.bool(m.enabled);
    }
    if (m.ver !== '') {
      w.varint(18);
      w.string(m.ver);
    }
  },
  read(r, end, before) {
    let enabled_: boolean = false;
    let ver_: string = '';
    if (before !== undefined) {
      enabled_ = before.enabled;
      ver_ = before.ver;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          enabled_ = r.bool();
          break;
        case 18:
          ver_ = r.string();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { enabled: enabled_, ver: ver_ };
  },
};

