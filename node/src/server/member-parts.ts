// What a member is made from.
import type { Logger, MemberId, World } from '../base/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import type { Bootstrapped } from './bootstrap.ts';
import type { ServerConfig } from './config.ts';
import type { StateMachine } from './state-machine.ts';
import type { Reply } from './vouching/vouching.ts';

export interface MemberParts {
  readonly config: ServerConfig;
  readonly world: World;
  readonly logger: Logger;
  readonly boot: Bootstrapped;
  readonly state: StateMachine;
  readonly onFatal: (error: unknown) => void;
  /** The member was removed from the cluster: end the process on purpose. */
  readonly onRemoved: () => void;
  /** Asks another member what this one may have promised and forgotten. @throws Error when it does not answer */
  readonly askTestimony: (member: ClusterMember) => Promise<Reply>;
  /** Asks the leader's peer port to promote a learner. */
  readonly promoteOnLeader: (leader: ClusterMember, id: MemberId) => Promise<void>;
}
