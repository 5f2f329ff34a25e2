// The promises of raft, watched from outside while a cluster runs (raft thesis, figure 3.2).
import { assert, type MemberId } from '../../base/index.ts';
import type { Raft } from '../raft.ts';

/** Every method asserts; a failure names the promise that was broken. */
export class Checker {
  private readonly leaderByTerm = new Map<number, MemberId>();
  private readonly committedTerms = new Map<number, number>();
  private readonly stateByIndex = new Map<number, number>();
  /** The highest index that any member has ever known to be committed. */
  committedIndex = 0;
  /** How many configurations were applied. */
  configurationCount = 0;
  private configurationIndex = 0;

  /** In how many terms there was a leader. */
  get leaderCount(): number {
    return this.leaderByTerm.size;
  }

  /** After anything happened to a member. */
  observe(raft: Raft): void {
    if (raft.role === 'leader') this.checkLeader(raft);
    this.recordCommitted(raft);
  }

  /** Election safety: one leader a term at most. Leader completeness: it holds all that was committed before. */
  private checkLeader(raft: Raft): void {
    const known = this.leaderByTerm.get(raft.term);
    if (known === raft.id) return;
    assert(known === undefined, `election safety: term ${raft.term} has one leader`);
    this.leaderByTerm.set(raft.term, raft.id);
    for (const [index, term] of this.committedTerms) {
      if (index < raft.log.firstIndex()) continue;
      const isThere = raft.log.term(index) === term;
      assert(isThere, `leader completeness: ${raft.name} leads with entry ${term}/${index}`);
    }
  }

  private recordCommitted({ log, name }: Raft): void {
    for (let index = log.committed; index >= log.firstIndex(); index--) {
      const term = log.term(index);
      assert(term !== undefined, 'committed entries are in the log');
      const known = this.committedTerms.get(index);
      assert(known === undefined || known === term, `${name} committed another entry at ${index}`);
      if (known !== undefined) break;
      this.committedTerms.set(index, term);
    }
    this.committedIndex = Math.max(this.committedIndex, log.committed);
  }

  /** State machine safety: everyone is in the same state after the same index. */
  applied(index: number, state: number): void {
    const known = this.stateByIndex.get(index);
    assert(known === undefined || known === state, `state machine safety: one state at ${index}`);
    this.stateByIndex.set(index, state);
  }

  appliedConfiguration(index: number): void {
    if (index <= this.configurationIndex) return;
    this.configurationIndex = index;
    this.configurationCount++;
  }

  /** Log matching: two logs that agree in one entry agree in all before it. */
  checkLogMatching(a: Raft, b: Raft): void {
    const first = Math.max(a.log.firstIndex(), b.log.firstIndex());
    const last = Math.min(a.log.lastIndex(), b.log.lastIndex());
    let agrees = false;
    for (let index = last; index >= first; index--) {
      const isSame = a.log.term(index) === b.log.term(index);
      assert(isSame || !agrees, `log matching: ${a.name} and ${b.name} differ at ${index}`);
      agrees ||= isSame;
    }
  }

  /** A read sees everything that was committed before it was asked for. */
  checkRead(index: number, committedWhenAsked: number): void {
    assert(index >= committedWhenAsked, `linearizable read: ${index} after ${committedWhenAsked}`);
  }
}
