// A leader that is told to end hands over first: whoever writes through the other members notices nothing but a moment.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from '../../../node/src/client/index.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import type { TestMember } from '../support/member.ts';
import { eventually } from '../support/waiting.ts';

const WRITERS = 8;
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ members: 3 });
}, 30_000);
afterAll(() => cluster?.stop());

async function leader(): Promise<TestMember> {
  const client = new Client({ endpoints: cluster.endpoints });
  try {
    const url = await client.maintenance.leaderEndpoint();
    return cluster.members.find((member) => member.clientUrl === url)!;
  } finally {
    client.close();
  }
}

/** Writes through one member until `stop`, and tells what failed. */
function writer(member: TestMember, name: string) {
  const client = new Client({ endpoints: [member.clientUrl] });
  const failures: string[] = [];
  let written = 0;
  let running = true;
  const done = (async () => {
    while (running && failures.length < 5) {
      try {
        await client.put(`${name}/${written}`, 'x');
        written++;
      } catch (error) {
        failures.push(String(error));
      }
    }
    client.close();
  })();
  return {
    failures,
    get written() {
      return written;
    },
    stop: () => {
      running = false;
      return done;
    },
  };
}

test('no write through another member fails while each leader in turn is stopped', async () => {
  for (let round = 0; round < 3; round++) {
    const leading = await leader();
    const others = cluster.members.filter((member) => member !== leading);
    const writers = others.flatMap((member, i) =>
      Array.from({ length: WRITERS }, (_, j) => writer(member, `${round}/${i}/${j}`)),
    );
    const total = () => writers.reduce((sum, one) => sum + one.written, 0);
    try {
      await eventually('writes before', () => Promise.resolve(total() > 100));
      await leading.stop();
      const before = total();
      await eventually('writes after', () => Promise.resolve(total() > before + 100));
    } finally {
      await Promise.all(writers.map((one) => one.stop()));
    }
    expect(writers.flatMap((one) => one.failures)).toEqual([]);
    leading.start();
    await cluster.untilHealthy();
  }
}, 90_000);
