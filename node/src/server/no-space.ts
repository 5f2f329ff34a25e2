// The alarm that a member raises when its database is full.
import type { Logger, MemberId } from '../base/index.ts';
import { AlarmAction, AlarmRequest, AlarmType } from '../wire/gen/rpc.ts';
import type { Proposer } from './proposer.ts';

/** Resolves when the cluster knows, or cannot be told. */
export async function raiseNoSpace(
  member: {
    readonly localId: MemberId;
    readonly logger: Logger;
    readonly propose: Proposer['propose'];
  },
  quotaBytes: number,
): Promise<void> {
  member.logger.warn('message exceeded backend quota; raising alarm', {
    'quota-size-bytes': quotaBytes,
  });
  const alarm = AlarmRequest.create({
    action: AlarmAction.ACTIVATE,
    memberId: member.localId,
    alarm: AlarmType.NOSPACE,
  });
  try {
    await member.propose({ alarm });
  } catch (error) {
    member.logger.warn('failed to raise the NOSPACE alarm', { error: String(error) });
  }
}
