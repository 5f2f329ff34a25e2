import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8FromText } from '../base/index.ts';
import {
  bytesFromMemberChange,
  jsonFromMember,
  jsonFromMembers,
  memberChangeFromBytes,
  memberFromJson,
  membersFromJson,
  promotionError,
  type ClusterMember,
} from './member-json.ts';

const member: fc.Arbitrary<ClusterMember> = fc.record({
  id: fc.bigInt(0n, 2n ** 64n - 1n),
  peerUrls: fc.array(fc.string({ unit: 'binary' })),
  isLearner: fc.boolean(),
  name: fc.string({ unit: 'binary' }),
  clientUrls: fc.array(fc.constantFrom('http://x:1', 'https://y:2')),
});

test('members come back from JSON as they were, ids of all 64 bits included', () => {
  fc.assert(
    fc.property(fc.array(member), fc.boolean(), (members, isPromote) => {
      expect(membersFromJson(jsonFromMembers(members))).toEqual(members);
      for (const one of members) {
        expect(memberFromJson(jsonFromMember(one))).toEqual(one);
        const change = { member: one, isPromote };
        expect(memberChangeFromBytes(bytesFromMemberChange(change))).toEqual(change);
      }
    }),
  );
});

test('what etcd writes is read, and written the same', () => {
  // A member as etcd 3.7.3 stores it, and as it travels in a configuration change.
  const stored =
    '{"id":16627003583926453519,"peerURLs":["http://127.0.0.1:2380"],"name":"m1","clientURLs":["http://127.0.0.1:2379"]}';
  expect(jsonFromMember(memberFromJson(stored))).toBe(stored);
  expect(memberFromJson(stored).id).toBe(16627003583926453519n);
  const change =
    '{"id":9372538179322589801,"peerURLs":["http://a:1"],"isLearner":true,"isPromote":true}';
  const read = memberChangeFromBytes(utf8FromText(change));
  expect(read).toMatchObject({ isPromote: true, member: { isLearner: true, name: '' } });
  expect(String.fromCharCode(...bytesFromMemberChange(read))).toBe(change);
});

test('a JSON string that looks like a number stays text', () => {
  const read = memberFromJson('{"id":1,"name":"42","peerURLs":["7"],"clientURLs":null}');
  expect(read).toMatchObject({ id: 1n, name: '42', peerUrls: ['7'], clientUrls: [] });
});

test('what is not a member is refused', () => {
  for (const text of ['', '[]', '1', 'null', '{"id":"1"}', '{"id":1.5}', '{"id":-1}']) {
    expect(() => memberFromJson(text), text).toThrow();
  }
  expect(() => membersFromJson('{}')).toThrow();
});

test("errors of a promotion that another member made are known by etcd's texts", () => {
  const code = (text: string) => promotionError(text)?.code;
  expect(code('etcdserver: can only promote a learner member\n')).toBe('MemberNotLearner');
  expect(code('etcdserver: can only promote a learner member which is in sync with leader\n')).toBe(
    'LearnerNotReady',
  );
  expect(code('membership: ID not found\n')).toBe('MemberNotFound');
  expect(code('something else')).toBeUndefined();
});
