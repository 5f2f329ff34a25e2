// Keeps this member's own URLs as the TLS policy wants them: peer URLs by a member update through raft, client URLs by
// publishing them. The member's id stays what it is.
import { formatId, pause } from '../base/index.ts';
import { withScheme } from '../platform/index.ts';
import { Attributes, ClusterMemberAttrSetRequest } from '../wire/gen/membership.ts';
import type { InternalRaftRequest } from '../wire/gen/raft-internal.ts';
import type { ServerConfig } from './config.ts';
import type { Member } from './member.ts';
import type { LiveTls } from './tls-policy.ts';

/** A configuration change that a leader dropped is not answered, so it is made again before its own timeout. */
const ATTEMPT_MS = 1_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** Members change one behind the other: raft takes one configuration change at a time. */
const STAGGER_MS = 150;

export interface Advertised {
  readonly peer: readonly string[];
  readonly client: readonly string[];
}

/** The URLs of the flags, under the scheme of the policy where one is followed. */
export function advertisedUrls(config: ServerConfig, live: LiveTls | undefined): Advertised {
  const scheme = live?.current?.advertise;
  const follow = (urls: readonly string[]): readonly string[] =>
    scheme === undefined ? urls : urls.map((url) => withScheme(url, scheme));
  return { peer: follow(config.advertisePeerUrls), client: follow(config.advertiseClientUrls) };
}

/** What a member tells of itself through raft. */
export function attributesOf(
  member: Member,
  clientUrls: readonly string[],
): Partial<InternalRaftRequest> {
  const memberAttributes = Attributes.create({
    name: member.config.name,
    clientUrls: [...clientUrls],
  });
  return {
    clusterMemberAttrSet: ClusterMemberAttrSetRequest.create({
      memberId: member.localId,
      memberAttributes,
    }),
  };
}

export class OwnUrls {
  private readonly member: Member;
  private readonly live: LiveTls;
  private running = false;
  private stopped = false;

  constructor(member: Member, live: LiveTls) {
    this.member = member;
    this.live = live;
  }

  /** Once the member takes part; again when the policy has changed. Returns at once, and tries until it is so. */
  check(): void {
    if (this.running || this.stopped || this.nextStep() === undefined) return;
    this.running = true;
    void this.run().finally(() => {
      this.running = false;
      // The policy may have changed behind the last look.
      this.check();
    });
  }

  stop(): void {
    this.stopped = true;
  }

  private async run(): Promise<void> {
    const { membership, localId } = this.member;
    const place = membership.list().findIndex((one) => one.id === localId);
    await this.pause(place * STAGGER_MS);
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)) {
      const step = this.stopped ? undefined : this.nextStep();
      if (step === undefined) return;
      const done = await Promise.race([this.attempt(step), this.pause(ATTEMPT_MS)]);
      if (done !== true) await this.pause(retryMs);
    }
  }

  /** The change that is to be made next; undefined when all is as it should be, or the member is removed. */
  private nextStep(): (() => Promise<unknown>) | undefined {
    const { member } = this;
    const wanted = advertisedUrls(member.config, this.live);
    const own = member.membership.get(member.localId);
    if (own === undefined) return undefined;
    if (!isSame(own.peerUrls, wanted.peer))
      return () => member.updateMember(member.localId, wanted.peer);
    if (!isSame(own.clientUrls, wanted.client))
      return () => member.propose(attributesOf(member, wanted.client));
    return undefined;
  }

  private async attempt(step: () => Promise<unknown>): Promise<boolean> {
    const { logger, localId, config } = this.member;
    try {
      await step();
      const { peer, client } = advertisedUrls(config, this.live);
      logger.info('changed the URLs of the local member', {
        'local-member-id': formatId(localId),
        'peer-urls': peer,
        'client-urls': client,
      });
      return true;
    } catch (error) {
      if (this.stopped) return false;
      logger.warn('failed to change the URLs of the local member; trying again', {
        'local-member-id': formatId(localId),
        error: String(error),
      });
      return false;
    }
  }

  private pause(delayMs: number): Promise<void> {
    return pause(this.member.world.clock, delayMs);
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}
