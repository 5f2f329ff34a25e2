// One generated client on machines without a cluster around them.
import { SimRandom } from '../../world/random.ts';
import type { ClientObserver, OperationRecord } from '../../checks/observer.ts';
import { Recorder } from '../recorder.ts';
import { Actor, type SharedView } from '../workload/actor.ts';
import { KeySpace } from '../workload/key-space.ts';
import { fakeCluster, type FakeCluster } from './fake-cluster.ts';

export interface FakeActor {
  readonly actor: Actor;
  readonly cluster: FakeCluster;
  readonly shared: SharedView;
  /** In the order in which they ended. */
  readonly records: OperationRecord[];
  readonly reports: string[];
  /** Runs the world until `work` is done. */
  during<T>(work: Promise<T>): Promise<T>;
}

export async function fakeActor(machines = 1): Promise<FakeActor> {
  const cluster = await fakeCluster(machines);
  const { scheduler, trace, view } = cluster;
  const records: OperationRecord[] = [];
  const reports: string[] = [];
  const observer: ClientObserver = {
    called() {},
    returned: (record) => records.push(record),
    watchOpened() {},
    watchRequested() {},
    watchResponse() {},
    watchClosed() {},
  };
  const shared: SharedView = {
    ...{ revision: 1, compactRevision: 0, leases: [], isStopped: false, era: 0, stragglers: [] },
  };
  const actor = new Actor({
    client: cluster.client('client'),
    ...{ scheduler, cluster: view, shared, pauseMs: 50 },
    recorder: new Recorder({ observer, scheduler, trace }),
    random: new SimRandom(1),
    keys: new KeySpace(6),
    report: (check, text) => reports.push(`${check}: ${text}`),
  });
  return {
    ...{ actor, cluster, shared, records, reports },
    async during(work) {
      let isDone = false;
      void work.finally(() => (isDone = true));
      await scheduler.run(scheduler.nowMs + 60_000, () => isDone);
      return work;
    },
  };
}
