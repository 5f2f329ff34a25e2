import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EtcdError, SILENT_LOGGER, utf8FromText } from '../base/index.ts';
import { MemoryBackend } from '../storage/mvcc/testing/memory-backend.ts';
import { ConfChange, ConfChangeType } from '../wire/gen/raft.ts';
import { bytesFromMemberChange, jsonFromMember, type ClusterMember } from './member-json.ts';
import { Membership, quorumOf } from './membership.ts';

function memberOf(id: bigint, fields: Partial<ClusterMember> = {}): ClusterMember {
  return {
    id,
    peerUrls: [`http://m${id}:2380`],
    isLearner: false,
    name: `m${id}`,
    clientUrls: [],
    ...fields,
  };
}

function membershipOf(members: readonly ClusterMember[], maxLearners = 1) {
  const backend = new MemoryBackend();
  const options = { clusterId: 0xc1n, localId: 1n, maxLearners, logger: SILENT_LOGGER };
  const membership = new Membership(options);
  membership.recover(backend);
  for (const member of members) membership.add(member);
  const reopen = () => {
    const again = new Membership(options);
    again.recover(backend);
    return again;
  };
  return { membership, backend, reopen };
}

const THREE = [memberOf(1n), memberOf(2n), memberOf(3n, { isLearner: true })];

function addition(member: ClusterMember, isPromote = false): ConfChange {
  return ConfChange.create({
    type: member.isLearner
      ? ConfChangeType.ConfChangeAddLearnerNode
      : ConfChangeType.ConfChangeAddNode,
    nodeId: member.id,
    context: bytesFromMemberChange({ member, isPromote }),
  });
}

const removal = (nodeId: bigint): ConfChange =>
  ConfChange.create({ type: ConfChangeType.ConfChangeRemoveNode, nodeId });

const update = (member: ClusterMember): ConfChange =>
  ConfChange.create({
    type: ConfChangeType.ConfChangeUpdateNode,
    nodeId: member.id,
    context: utf8FromText(jsonFromMember(member)),
  });

function verdict(membership: Membership, change: ConfChange): string {
  try {
    membership.validate(change);
    return 'ok';
  } catch (error) {
    if (error instanceof EtcdError) return error.code;
    throw error;
  }
}

describe('a configuration change', () => {
  test.each<[string, ConfChange, string]>([
    ['adds a new member', addition(memberOf(4n)), 'ok'],
    ['adds a member that is there', addition(memberOf(2n)), 'MemberExist'],
    [
      'adds a member with the URL of another',
      addition(memberOf(4n, { peerUrls: ['http://new:1', 'http://m2:2380'] })),
      'PeerURLExist',
    ],
    ['adds a second learner', addition(memberOf(4n, { isLearner: true })), 'TooManyLearners'],
    ['promotes a learner', addition(memberOf(3n), true), 'ok'],
    ['promotes a voter', addition(memberOf(2n), true), 'MemberNotLearner'],
    ['promotes nobody', addition(memberOf(9n), true), 'MemberNotFound'],
    ['removes a member', removal(2n), 'ok'],
    ['removes nobody', removal(9n), 'MemberNotFound'],
    ['updates a member', update(memberOf(2n, { peerUrls: ['http://new:1'] })), 'ok'],
    ['keeps the URL of a member', update(memberOf(2n)), 'ok'],
    ['updates nobody', update(memberOf(9n)), 'MemberNotFound'],
    [
      'gives a member the URL of another',
      update(memberOf(2n, { peerUrls: ['http://m1:2380'] })),
      'PeerURLExist',
    ],
  ])('that %s', (_, change, expected) => {
    expect(verdict(membershipOf(THREE).membership, change)).toBe(expected);
  });

  test('that concerns a removed member is refused, whatever it is', () => {
    const { membership } = membershipOf(THREE);
    membership.remove(2n);
    for (const change of [addition(memberOf(2n)), removal(2n), update(memberOf(2n))]) {
      expect(verdict(membership, change)).toBe('MemberNotFound');
    }
  });

  test('that adds a learner fits when there may be more of them', () => {
    const { membership } = membershipOf(THREE, 2);
    expect(verdict(membership, addition(memberOf(4n, { isLearner: true })))).toBe('ok');
  });
});

test('the backend holds what the membership is', () => {
  const id = fc.bigInt(1n, 6n);
  const change = fc.oneof(
    fc.record({ add: id, isLearner: fc.boolean() }),
    fc.record({ remove: id }),
    fc.record({ promote: id }),
    fc.record({ urls: id, url: fc.constantFrom('http://x:1', 'https://y:2') }),
    fc.record({ publish: id, name: fc.string() }),
    fc.record({ version: fc.constantFrom('3.6.0', '3.7.0') }),
    fc.record({ downgrade: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const { membership, reopen } = membershipOf([]);
      for (const one of changes) {
        const known = (member: bigint) => membership.get(member) !== undefined;
        if ('add' in one) {
          if (!membership.isRemoved(one.add))
            membership.add(memberOf(one.add, { isLearner: one.isLearner }));
        } else if ('remove' in one) membership.remove(one.remove);
        else if ('promote' in one) {
          if (known(one.promote)) membership.promote(one.promote);
        } else if ('urls' in one) {
          if (known(one.urls)) membership.updatePeerUrls(one.urls, [one.url]);
        } else if ('version' in one) membership.setClusterVersion(one.version);
        else if ('downgrade' in one)
          membership.setDowngrade({ enabled: one.downgrade, targetVersion: '3.6.0' });
        else if (known(one.publish) || membership.isRemoved(one.publish))
          membership.updateAttributes(one.publish, one.name, ['http://c:1']);
      }
      const reopened = reopen();
      expect(reopened.list()).toEqual(membership.list());
      expect(reopened.clusterVersion).toBe(membership.clusterVersion);
      expect(reopened.downgrade).toEqual(membership.downgrade);
      for (let member = 1n; member <= 6n; member++) {
        expect(reopened.isRemoved(member)).toBe(membership.isRemoved(member));
        expect(membership.isRemoved(member) && membership.get(member) !== undefined).toBe(false);
      }
    }),
  );
});

test('members are listed by id as unsigned numbers', () => {
  const ids = [2n ** 63n + 5n, 3n, 2n ** 64n - 1n, 2n ** 53n + 1n];
  const { membership } = membershipOf(ids.map((id) => memberOf(id)));
  expect(membership.list().map((member) => member.id)).toEqual([
    3n,
    2n ** 53n + 1n,
    2n ** 63n + 5n,
    2n ** 64n - 1n,
  ]);
});

test('a member that nobody knows cannot publish itself', () => {
  const { membership } = membershipOf(THREE);
  expect(() => membership.updateAttributes(9n, 'x', [])).toThrow('unknown member');
});

test('strict reconfiguration keeps a quorum of started members', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.nat(5), fc.nat(2), (started, unstarted, learners) => {
      const members: ClusterMember[] = [];
      const add = (count: number, fields: Partial<ClusterMember>) => {
        for (let i = 0; i < count; i++) members.push(memberOf(BigInt(members.length + 1), fields));
      };
      add(started, {});
      add(unstarted, { name: '' });
      add(learners, { isLearner: true });
      const { membership } = membershipOf(members);
      const voters = started + unstarted;
      const isLone = started === 1 && unstarted === 0;
      expect(membership.canAddVoter).toBe(isLone || started >= quorumOf(voters + 1));
      expect(membership.canPromote).toBe(started + 1 >= quorumOf(voters + 1));
      if (started > 0) {
        expect(membership.canRemoveVoter(1n)).toBe(started - 1 >= quorumOf(voters - 1));
      }
      if (unstarted > 0) {
        const idle = BigInt(started + 1);
        expect(membership.canRemoveVoter(idle)).toBe(started >= quorumOf(voters - 1));
      }
    }),
  );
});
