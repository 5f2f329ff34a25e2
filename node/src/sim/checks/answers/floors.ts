// The revisions that nobody may fall behind: what anybody has seen, and what each run of a member has shown.
import type { CheckContext } from '../context.ts';

export interface Floor {
  /** Highest revision that any client had seen. A linearizable answer is not below it. */
  readonly seen: number;
  /** Highest revision that this run of this member had shown. No answer of it is below. */
  readonly ofMember: number;
  /** Highest revision whose compaction was acknowledged. */
  readonly compacted: number;
  /** Which run of the member; undefined when it is not known to run. */
  readonly incarnation: number | undefined;
}

interface MemberRun {
  readonly incarnation: number;
  shown: number;
}

export class Floors {
  private readonly context: CheckContext;
  private readonly runs = new Map<string, MemberRun>();
  private seen = 0;
  private compacted = 0;

  constructor(context: CheckContext) {
    this.context = context;
  }

  started(host: string, incarnation: number): void {
    this.runs.set(host, { incarnation, shown: 0 });
  }

  stopped(host: string): void {
    this.runs.delete(host);
  }

  at(host: string): Floor {
    const run = this.runs.get(host);
    return {
      seen: this.seen,
      ofMember: run?.shown ?? 0,
      compacted: this.compacted,
      incarnation: run?.incarnation,
    };
  }

  /** A client was shown `revision` by the member on `host`. */
  saw(host: string, revision: number): void {
    if (revision > this.seen) this.seen = revision;
    const run = this.runs.get(host);
    if (run !== undefined && revision > run.shown) run.shown = revision;
  }

  sawCompaction(revision: number): void {
    if (revision > this.compacted) this.compacted = revision;
  }

  /** Checks the revision that an answer names; `what` names the answer. */
  check(what: string, host: string, revision: number, floor: Floor, isLinearizable: boolean): void {
    if (revision > this.context.model.revision) {
      const text = `${what} names revision ${revision}, but the latest is ${this.context.model.revision}`;
      this.context.report('revision', text);
      return;
    }
    if (isLinearizable && revision < floor.seen) {
      const text = `${what} is at revision ${revision}, though ${floor.seen} had been seen before its call`;
      this.context.report('realTime', text);
    }
    const isSameRun = this.runs.get(host)?.incarnation === floor.incarnation;
    if (floor.incarnation !== undefined && isSameRun && revision < floor.ofMember) {
      const text = `${what} is at revision ${revision}, though ${host} had shown ${floor.ofMember} before its call`;
      this.context.report('realTime', text);
    }
  }

  /** A new era: what was seen after the snapshot is lost, as told. */
  reset(): void {
    this.seen = 0;
    this.compacted = 0;
    this.runs.clear();
  }
}
