// What a member is made from.
import type { Logger, MemberId, World } from '../base/index.ts';
import type { ClusterMember } from '../apply/index.ts';
import type { Bootstrapped } from './bootstrap.ts';
import type { ServerConfig } from './config.ts';
import type { StateMachine } from './state-machine.ts';

export interface MemberParts {
  readonly config: ServerConfig;
  readonly world: World;
  readonly logger: Logger;
  readonly boot: Bootstrapped;
  readonly state: StateMachine;
  readonly onFatal: (error: unknown) => void;
  /** The member was removed from the cluster: end the process on purpose. */
  readonly onRemoved: () => void;
  /** Asks the leader's peer port to promote a learner. */
  readonly promoteOnLeader: (leader: ClusterMember, id: MemberId) => Promise<void>;
}
