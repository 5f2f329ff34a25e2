// Versions: etcd's, whose behaviour this is, and our own.

export const ETCD_VERSION = '3.7.3';
/** Peers of an older version are refused. */
export const MIN_CLUSTER_VERSION = '3.0.0';
export const BINNACLE_VERSION = '0.1.0';

/** `3.7.3` → `3.7.0`: the version that a cluster agrees on. */
export function clusterVersionOf(version: string): string {
  const [major = '0', minor = '0'] = version.split('.');
  return `${major}.${minor}.0`;
}

/** Negative, zero or positive: `a` before, equal to or after `b`. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
