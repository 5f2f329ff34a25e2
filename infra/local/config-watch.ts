// Edits of cluster.yaml while the cluster runs. An edit that is wrong is reported, and the running configuration kept.
import type { ClusterConfig } from '../config.ts';
import { lineOfKey, parseClusterConfig } from '../config-file.ts';
import { readIfThere } from './files.ts';
import type { Notices } from './notices.ts';
import { reasonOf } from './problem.ts';
import { fixedChanges, type ClusterState } from './state.ts';

/** How messages name the file. */
export const CONFIG_NAME = 'cluster.yaml';

/** One line a setting that the cluster keeps for life and the file changes. */
export function fixedChangeText(
  text: string,
  state: ClusterState,
  config: ClusterConfig,
): string[] {
  return fixedChanges(state, config).map(({ path, was, is }) => {
    const line = lineOfKey(text, path);
    const where = line === 0 ? CONFIG_NAME : `${CONFIG_NAME}:${line}`;
    return (
      `${where}: ${path.join('.')}: is ${is}, but the cluster in .binnacle was made with ${was}, and that cannot change. ` +
      `Write ${was} again; or stop, move .binnacle aside and start an empty cluster.`
    );
  });
}

export class ConfigWatch {
  private readonly path: string;
  private readonly notices: Notices;
  /** What was last read, right or wrong. */
  private settled: string;
  private seen: string;

  constructor(path: string, text: string, notices: Notices) {
    this.path = path;
    this.notices = notices;
    this.settled = text;
    this.seen = text;
  }

  /** The new configuration, once, after the file was changed and has stayed the same for one more look. */
  look(state: ClusterState): ClusterConfig | undefined {
    const text = readIfThere(this.path);
    const isStable = text === this.seen;
    this.seen = text ?? '';
    if (text === undefined || !isStable || text === this.settled) return undefined;
    this.settled = text;
    try {
      const config = parseClusterConfig(text, CONFIG_NAME);
      const fixed = fixedChangeText(text, state, config);
      if (fixed.length > 0) throw new Error(fixed.join('\n'));
      return config;
    } catch (error) {
      this.notices.error(`${reasonOf(error)}\nThe cluster keeps running with what it had.`);
      return undefined;
    }
  }
}
