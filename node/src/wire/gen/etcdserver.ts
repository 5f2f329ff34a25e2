// Generated from proto/etcdserver.proto by proto/generate.ts. Do not edit.
import type { Codec } from '../codec.ts';
import { bigVarintSize } from '../writer.ts';

export interface Metadata {
  nodeId: bigint;
  clusterId: bigint;
}

export const Metadata: Codec<Metadata> = {
  name: 'etcdserverpb.Metadata',
  create(init) {
    const m: Metadata = { nodeId: 0n, clusterId: 0n };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    n += 1 + bigVarintSize(m.nodeId);
    n += 1 + bigVarintSize(m.clusterId);
    return n;
  },
  write(m, w) {
    {
      w.varint(8);
      w.bigVarint(m.nodeId);
    }
    {
      w.varint(16);
      w.bigVarint(m.clusterId);
    }
  },
  read(r, end) {
    let nodeId_: bigint = 0n;
    let clusterId_: bigint = 0n;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          nodeId_ = r.uint64Big();
          break;
        case 16:
          clusterId_ = r.uint64Big();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { nodeId: nodeId_, clusterId: clusterId_ };
  },
};

