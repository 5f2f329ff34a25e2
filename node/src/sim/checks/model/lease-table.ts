// Which leases exist, by committed entries alone: time is no part of it.

/** One lease, from its grant to its revocation, both as positions in the log. */
export interface LeaseLife {
  readonly id: bigint;
  /** As the entry has it, in s; a member may raise it to its own minimum. */
  readonly requestedTtl: number;
  readonly grantedIndex: number;
  /** Infinity while it lives. */
  revokedIndex: number;
  /** Revision that deleted its keys, or the one at which it went when it had none; undefined while it lives. */
  revokedRevision: number | undefined;
}

export class LeaseTable {
  private readonly living = new Map<bigint, LeaseLife>();
  private readonly keysOf = new Map<bigint, Set<string>>();
  private readonly leaseOf = new Map<string, bigint>();
  private readonly lives = new Map<bigint, LeaseLife[]>();

  get(id: bigint): LeaseLife | undefined {
    return this.living.get(id);
  }

  /** All lives that an id had, oldest first. */
  livesOf(id: bigint): readonly LeaseLife[] {
    return this.lives.get(id) ?? [];
  }

  all(): LeaseLife[] {
    return [...this.living.values()];
  }

  /** True when a lease was there after the entry at `from` and stayed until now. */
  livedSince(id: bigint, from: number): boolean {
    const lease = this.living.get(id);
    return lease !== undefined && lease.grantedIndex <= from;
  }

  grant(id: bigint, requestedTtl: number, index: number): void {
    const life = {
      id,
      requestedTtl,
      grantedIndex: index,
      revokedIndex: Infinity,
      revokedRevision: undefined,
    };
    this.living.set(id, life);
    const lives = this.lives.get(id);
    if (lives === undefined) this.lives.set(id, [life]);
    else lives.push(life);
  }

  /** The keys that go with it, in order. */
  keys(id: bigint): string[] {
    return [...(this.keysOf.get(id) ?? [])].sort((a, b) => (a < b ? -1 : 1));
  }

  revoke(id: bigint, index: number, revision: number): void {
    const lease = this.living.get(id);
    if (lease === undefined) return;
    lease.revokedIndex = index;
    lease.revokedRevision = revision;
    this.living.delete(id);
    this.keysOf.delete(id);
  }

  /** `lease` is 0n when the key is on none, or gone. */
  attach(key: string, lease: bigint): void {
    const before = this.leaseOf.get(key);
    if (before !== undefined) this.keysOf.get(before)?.delete(key);
    this.leaseOf.delete(key);
    if (lease === 0n) return;
    this.leaseOf.set(key, lease);
    const keys = this.keysOf.get(lease);
    if (keys === undefined) this.keysOf.set(lease, new Set([key]));
    else keys.add(key);
  }
}
