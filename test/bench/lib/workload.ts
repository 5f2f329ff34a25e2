/**
 * What a workload is: a load that etcd and this store get in turn, on clusters that differ in nothing but the binary.
 */
import type { Cluster } from '../../conformance/lib/cluster.ts';
import type { Snapshot } from './measure.ts';

export type { Cluster };

export interface Sample {
  /** What CPU and bytes are divided by: requests, delivered events, keys listed. */
  readonly operations: number;
  /** From the first operation to the last: `operations / seconds` is the throughput. */
  readonly seconds: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly maxMs?: number;
  /** CPU of the generator: on the same machine, it bounds the throughput. */
  readonly generatorCpuUs?: number;
  /**
   * CPU and bytes are counted from here on, and divided by so many operations, where the load sets itself up while it is
   * measured: connections, for one.
   */
  readonly steady?: { readonly from: Snapshot; readonly operations: number };
  /**
   * Figures of the workload's own, each compared with etcd's: name, with its unit last, to value. Those that
   * lib/targets.ts knows: longestStallMs, startMs, residentBytes.
   */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Workload {
  /** Kebab-case, and another one for each workload: put-256b-3m-mtls-1000c. */
  readonly name: string;
  /** One plot a group: put, range, txn, mixed, watch, lease, list, stall, start, resident, kubernetes, growth-keys. */
  readonly group: string;
  readonly members: 1 | 3;
  readonly tls: boolean;
  /** How many clients at once, where the load has such a number. */
  readonly clients?: number;
  /** Part of the short form, which CI runs. */
  readonly short: boolean;
  /** Where the workload stands on an axis: its group's plot is a line over the values, not bars. */
  readonly point?: { readonly axis: string; readonly value: number };
  /**
   * A cluster of its own, started with more flags, instead of the one that all workloads of the same members and TLS
   * share: for those that load much data or restart members.
   */
  readonly ownCluster?: { readonly flags: readonly string[] };
  /** How many times of it are done first without being measured: servers are compared as they run for long. */
  readonly warmUp?: number;
  /** Not measured: loads data. `scale` shortens (below 1) or lengthens what is done. */
  prepare?(cluster: Cluster, scale: number): Promise<void>;
  /** Measured: CPU, memory and disk of all members are read before and after. */
  run(cluster: Cluster, scale: number): Promise<Sample>;
  /** Not measured: ends what `prepare` or `run` left running. Called in any case. */
  finish?(): Promise<void>;
}
