import { afterEach, expect, test } from 'vitest';
import { Message, MessageType } from '../wire/gen/raft.ts';
import { peerGet, peerPost } from './http-client.ts';
import {
  TestMember,
  append,
  heartbeat,
  introduce,
  startMembers,
  stopMembers,
  testClock,
  until,
} from './testing/harness.ts';

let members: TestMember[] = [];
afterEach(async () => {
  await stopMembers(members);
  members = [];
});

test('three members exchange messages over their streams, in order', async () => {
  members = await startMembers(3);
  const [a, b, c] = members as [TestMember, TestMember, TestMember];
  const appends = Array.from({ length: 200 }, (_, i) => append(1n, 2n, i * 3, 3));
  a.transport.send([...appends, heartbeat(1n, 3n, 7), heartbeat(1n, 2n, 9)]);
  c.transport.send([heartbeat(3n, 1n, 5)]);
  await until(() => b.received.length === 201 && c.received.length === 1, 'all arrived');
  await until(() => a.received.length === 1, 'answer arrived');
  expect(b.received.filter((m) => m.type === MessageType.MsgApp)).toEqual(appends);
  expect(c.received).toEqual([heartbeat(1n, 3n, 7)]);
  expect(a.received).toEqual([heartbeat(3n, 1n, 5)]);
  expect(a.transport.activeSince(2n)).toBeGreaterThan(0);
  expect(a.transport.activePeers()).toBe(2);
});
