// What holds for every configuration, before and after a change (etcd-io/raft: confchange/confchange.go).
import { assert } from '../../base/index.ts';
import { jointVoters } from '../quorum/joint.ts';
import { isJoint, type ProgressMap, type TrackerConfig } from '../tracker/tracker.ts';

/** The empty configuration is legal: it is where bootstrap starts. */
export function checkInvariants(membership: {
  readonly config: TrackerConfig;
  readonly progress: ProgressMap;
}): void {
  const { config, progress } = membership;
  for (const ids of [jointVoters(config.voters), config.learners, config.learnersNext]) {
    for (const id of ids.ids) assert(progress.has(id), `no progress for ${id}`);
  }
  for (const id of config.learnersNext.ids) {
    assert(config.voters.outgoing.has(id), `${id} is staged as learner, but no outgoing voter`);
    assert(!progress.get(id)!.isLearner, `${id} is staged as learner, but already one`);
  }
  for (const id of config.learners.ids) {
    assert(!config.voters.outgoing.has(id), `${id} is learner and outgoing voter`);
    assert(!config.voters.incoming.has(id), `${id} is learner and voter`);
    assert(progress.get(id)!.isLearner, `${id} is learner, but not marked as one`);
  }
  if (isJoint(config)) return;
  assert(config.learnersNext.size === 0, 'only a joint configuration stages learners');
  assert(!config.autoLeave, 'only a joint configuration can be left');
}
