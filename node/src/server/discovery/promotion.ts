// A member that joined asks to be made a voter as soon as it has what the leader had a moment ago.
import { pause, type Logger } from '../../base/index.ts';
import type { Member } from '../member.ts';
import type { PeerClient } from './peer-client.ts';
import type { Pods } from './pods.ts';

const LOOK_MS = 100;
const RETRY_MS = 250;
const LOG_INTERVAL_MS = 10_000;

/** Resolves when the member is a voter, or when `isStopping`. */
export async function becomeVoter(
  member: Member,
  { pods, client, logger }: { pods: Pods; client: PeerClient; logger: Logger },
  isStopping: () => boolean,
): Promise<void> {
  const { clock } = member.world;
  let loggedMs = clock.monotonicMs();
  while (!isStopping()) {
    const own = member.membership.get(member.localId);
    if (own !== undefined && !own.isLearner) return;
    try {
      if (own !== undefined) {
        await catchUp(member, pods, client, isStopping);
        await member.promoteMember(member.localId);
        logger.info('this member is a voter now');
        return;
      }
    } catch (error) {
      if (clock.monotonicMs() - loggedMs > LOG_INTERVAL_MS) {
        loggedMs = clock.monotonicMs();
        logger.info('not promoted yet', { error: String(error) });
      }
    }
    await pause(member.world.clock, RETRY_MS);
  }
}

/** Resolves when everything is applied here that the leader had committed when it was asked. @throws Error */
async function catchUp(
  member: Member,
  pods: Pods,
  client: PeerClient,
  isStopping: () => boolean,
): Promise<void> {
  const leader = member.membership.get(member.leader);
  const ordinal = leader === undefined ? undefined : pods.ordinalOf(leader);
  if (ordinal === undefined) throw new Error('there is no leader yet');
  const { commitIndex } = await client.membership(ordinal);
  while (member.raft().appliedIndex < commitIndex && !isStopping())
    await pause(member.world.clock, LOOK_MS);
}
