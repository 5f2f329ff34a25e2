import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textFromUtf8, utf8FromText } from '../base/index.ts';
import { MemoryBackend } from '../storage/mvcc/testing/memory-backend.ts';
import { ConfState } from '../wire/gen/raft.ts';
import { ConsistentIndex, positionIn } from './consistent-index.ts';

const id = fc.bigInt(1n, 2n ** 64n - 1n);

test('what is written is what is loaded, and what a copy tells', () => {
  const confState = fc.record({ voters: fc.array(id), learners: fc.array(id) });
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.nat(), confState, (index, term, conf) => {
      const meta = new MemoryBackend().bucket('meta');
      const written = new ConsistentIndex();
      written.set(index, term);
      written.confState = ConfState.create(conf);
      written.write(meta);
      const loaded = new ConsistentIndex();
      loaded.load(meta);
      expect([loaded.index, loaded.term]).toEqual([index, term]);
      expect(positionIn((key) => meta.get(key))).toEqual({
        index,
        term,
        confState: ConfState.create(conf),
      });
    }),
  );
});

test('nothing is written before anything was applied', () => {
  const meta = new MemoryBackend().bucket('meta');
  new ConsistentIndex().write(meta);
  expect(meta.keys).toEqual([]);
  expect(positionIn(() => undefined)).toEqual({ index: 0, term: 0, confState: undefined });
});

test('the configuration is written as etcd writes it', () => {
  const meta = new MemoryBackend().bucket('meta');
  const index = new ConsistentIndex();
  index.set(5, 2);
  index.confState = ConfState.create({ voters: [2n ** 64n - 1n, 3n], learners: [4n] });
  index.write(meta);
  expect(textFromUtf8(meta.get(utf8FromText('confState')) ?? new Uint8Array(0))).toBe(
    '{"voters":[18446744073709551615,3],"learners":[4],"auto_leave":false}',
  );
});
