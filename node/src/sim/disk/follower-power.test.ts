// A member of three that falls behind and gets a snapshot: a copy of its disk before each change of it, from its first start
// on, is started after a kill or a power failure. It opens, and holds all that the member has promised until then.
import { expect, test } from 'vitest';
import { SILENT_LOGGER, present, utf8FromText, type MemberId } from '../../base/index.ts';
import { PeerCalls, openMember, type Member, type ServerConfig } from '../../server/index.ts';
import { MessageType, type Message } from '../../wire/gen/raft.ts';
import { PutRequest } from '../../wire/gen/rpc.ts';
import type { MemberObserver } from '../checks/observer.ts';
import { SimCluster } from '../cluster/sim-cluster.ts';
import { scenarioWith } from '../testing/fake-runner.ts';
import { Network } from '../world/network.ts';
import { SimRandom } from '../world/random.ts';
import { Scheduler } from '../world/scheduler.ts';
import { Trace } from '../world/trace.ts';
import type { DiskImage } from './sim-disk.ts';
import { Process } from './testing/crash-everywhere.ts';
import { DiskWorld } from './testing/disk-world.ts';

const VICTIM = 'm2';
const FLAGS = {
  'snapshot-count': '8',
  'snapshot-catchup-entries': '4',
  'backend-batch-interval': '20ms',
  'max-wals': '1',
};
const ALL = { from: new Uint8Array([0]), to: new Uint8Array([0]) };

/** What others may rely on: it was told to them. */
interface Promised {
  readonly term: number;
  readonly voteTerm: number;
  readonly vote: MemberId;
  /** Up to here the leader counts it in. */
  readonly index: number;
}

interface Moment {
  readonly operation: string;
  readonly image: DiskImage;
  readonly promised: Promised;
}

const PRE_VOTES: ReadonlySet<number> = new Set([
  MessageType.MsgPreVote,
  MessageType.MsgPreVoteResp,
]);

function withMessage(promised: Promised, message: Message): Promised {
  const { type, term, index, reject, to, from } = message;
  if (PRE_VOTES.has(type)) return promised;
  const next = { ...promised, term: Math.max(promised.term, term) };
  if (type === MessageType.MsgVote) return { ...next, voteTerm: term, vote: from };
  if (reject) return next;
  if (type === MessageType.MsgVoteResp) return { ...next, voteTerm: term, vote: to };
  if (type === MessageType.MsgAppResp) return { ...next, index: Math.max(next.index, index) };
  return next;
}

/** Three members on simulated machines, and what the victim's disk was like all the time. */
class Story {
  readonly moments: Moment[] = [];
  private promised: Promised = { term: 0, voteTerm: 0, vote: 0n, index: 0 };
  private readonly scheduler = new Scheduler((error) => {
    throw error;
  });
  readonly cluster: SimCluster;
  private puts = 0;

  constructor(seed: number) {
    const { scheduler } = this;
    const random = new SimRandom(seed);
    const scenario = scenarioWith({
      seed,
      flags: [FLAGS, FLAGS, FLAGS],
      versions: [],
      network: { latencyMs: 1, jitterMs: 1, lossOneIn: 0, duplicateOneIn: 0, reorderOneIn: 0 },
    });
    this.cluster = new SimCluster({
      ...{ scenario, scheduler, trace: new Trace() },
      network: new Network(scheduler, random.fork('network'), () => scenario.network),
      random: random.fork('machines'),
      observer: this.observer(),
      onEnd: (host, how, reason) => {
        throw new Error(`${host.name} ended: ${how} ${reason}`);
      },
    });
    const { disk } = this.cluster.host(VICTIM);
    disk.observe((kind, path) => {
      const { promised } = this;
      this.moments.push({ operation: `${kind} ${path}`, image: disk.image(), promised });
    });
  }

  /** Returns the leader at the end, which has seen everything. */
  async tell(): Promise<Member> {
    const { cluster } = this;
    const victim = cluster.host(VICTIM);
    for (const host of cluster.hosts) host.start();
    await this.until(() => cluster.processes().every((one) => one.isServing));
    await this.put(12);
    victim.kill('process');
    await this.until(() => cluster.leader() !== undefined && cluster.leader() !== victim);
    await this.put(130); // what the leader keeps in memory does not reach back that far any more
    victim.start();
    const caughtUp = (): boolean =>
      victim.process?.isServing === true &&
      victim.process.member?.raft().appliedIndex ===
        cluster.leader()?.process?.member?.raft().appliedIndex;
    await Promise.all([this.put(10), this.until(caughtUp)]);
    await this.settled(victim.process?.member?.defragment());
    await this.put(20);
    await this.until(caughtUp);
    await this.forMs(200);
    expect(cluster.leader()?.name).not.toBe(VICTIM);
    return present(cluster.leader()?.process?.member, 'somebody leads');
  }

  private observer(): MemberObserver {
    const ignore = (): void => {};
    return {
      ...{ started: ignore, stopped: ignore, becameLeader: ignore, voted: ignore },
      ...{ applied: ignore, installed: ignore, restored: ignore },
      sent: (host, message) => {
        if (host === VICTIM) this.promised = withMessage(this.promised, message);
      },
    };
  }

  private async put(count: number): Promise<void> {
    const member = present(this.cluster.leader()?.process?.member, 'somebody leads');
    const puts: Promise<unknown>[] = [];
    for (let i = 0; i < count; i++) {
      const serial = this.puts++;
      const key = utf8FromText(`key ${serial % 25}`);
      const value = utf8FromText(`value ${serial} `.padEnd((serial * 397) % 900, 'x'));
      puts.push(member.propose({ put: PutRequest.create({ key, value }) }));
      if (puts.length % 7 === 0) await this.settled(Promise.all(puts));
    }
    await this.settled(Promise.all(puts));
  }

  private async settled(work: Promise<unknown> | undefined): Promise<void> {
    let isOver = false;
    work?.finally(() => (isOver = true)).catch(() => {});
    await this.until(() => isOver);
    await work;
  }

  private async until(isDone: () => boolean): Promise<void> {
    const deadlineMs = this.scheduler.nowMs + 60_000;
    await this.scheduler.run(deadlineMs, isDone);
    expect(isDone()).toBe(true);
  }

  private forMs(spanMs: number): Promise<void> {
    return this.scheduler.run(this.scheduler.nowMs + spanMs);
  }
}

/** Opens what is on the disk, and holds it against what was promised and against the leader's store at the same revision. */
async function openAndCheck(
  world: DiskWorld,
  { promised }: Moment,
  config: ServerConfig,
  leader: Member,
): Promise<void> {
  const process = new Process(world);
  const nobody = (): Promise<never> => Promise.reject(new Error('there is nobody'));
  const asker = { ask: nobody, dialUrls: (urls: readonly string[]) => urls, close() {} };
  const opening = openMember({
    config,
    world: process.world,
    logger: SILENT_LOGGER,
    end: { onFatal() {}, onRemoved() {} },
    calls: new PeerCalls(asker, 100),
    onWalSync() {},
    walSegmentBytes: 64 * 1024,
  });
  const { member, boot } = await world.finish(opening).finally(() => process.end());
  const { hardState } = boot.raftStorage.initialState();
  expect(hardState.term).toBeGreaterThanOrEqual(promised.term);
  if (hardState.term === promised.voteTerm) expect(hardState.vote).toBe(promised.vote);
  expect(boot.raftStorage.lastIndex()).toBeGreaterThanOrEqual(promised.index);
  const { revision } = member.store;
  const found = member.store.range(ALL.from, ALL.to).kvs;
  expect(found).toEqual(leader.store.range(ALL.from, ALL.to, { revision }).kvs);
}

test('whatever moment it is interrupted at, a member that gets a snapshot keeps what it promised', async () => {
  const story = new Story(1);
  const leader = await story.tell();
  const config = present(story.cluster.host(VICTIM).process?.member?.config, 'it runs');
  const operations = story.moments.map(({ operation }) => operation).join('; ');
  expect(operations).toMatch(/rename \S+\/tmp-\S+\.snap\.db .*rename \S+\.snap\.db \S+\/snap\/db/);
  for (const [i, moment] of story.moments.entries()) {
    const world = new DiskWorld(i);
    world.disk.restore(moment.image);
    // The first start reads the page cache or what a power failure left; the second one what the first has made durable.
    if (i % 2 === 0) world.disk.powerFailed();
    try {
      await openAndCheck(world, moment, config, leader);
      world.disk.powerFailed();
      await openAndCheck(world, moment, config, leader);
    } catch (error) {
      throw new Error(`interrupted at change ${i}, ${moment.operation}`, { cause: error });
    }
  }
}, 60_000);
