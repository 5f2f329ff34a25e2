// How the kit gets onto the cluster.
import type { ClusterConfigInput } from '../../../infra/config.ts';

/** What a user writes; the same keys for the chart and the Pulumi program. */
export type Config = ClusterConfigInput;

export interface Installation {
  readonly name: string;
  /** Installs, or brings what is installed in line with a changed configuration. */
  apply(config: Config): Promise<void>;
  /** Takes it away again; volumes and the record stay. */
  remove(): Promise<void>;
}
