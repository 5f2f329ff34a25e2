import { expect, test } from 'vitest';
import { clusterIdOf, memberIdOf } from './member-ids.ts';

const TOKEN = 'etcd-cluster';

test('ids are those that etcd 3.7.3 computes', () => {
  const lone = memberIdOf(['http://127.0.0.1:23801'], TOKEN);
  expect(lone).toBe(0xbdae9bbc11dd390dn);
  expect(clusterIdOf([lone])).toBe(0xd1cfaf999eb97a2an);
  const three = [1, 2, 3].map((n) => memberIdOf([`http://127.0.0.1:2390${n}`], TOKEN));
  expect(three).toEqual([0x8425f172696c3d59n, 0x9b75113f3950dbcen, 0xd7c7ea2241059884n]);
  expect(clusterIdOf(three)).toBe(0x505a7d8573a646fbn);
});

test('the order of URLs and of members does not matter; token and time do', () => {
  const [a, b] = ['http://a:1', 'http://b:1'];
  expect(memberIdOf([a, b], TOKEN)).toBe(memberIdOf([b, a], TOKEN));
  expect(clusterIdOf([1n, 2n])).toBe(clusterIdOf([2n, 1n]));
  expect(memberIdOf([a], 'other')).not.toBe(memberIdOf([a], TOKEN));
  expect(memberIdOf([a], TOKEN, 1.2)).toBe(memberIdOf([a], TOKEN, 1.9));
  expect(memberIdOf([a], TOKEN, 1)).not.toBe(memberIdOf([a], TOKEN, 2));
});
