// Raft's promises, as far as they show from outside: one leader a term, one vote a member and term whatever becomes of its
// disk, nothing promised before it is durable, no leader without what is committed (Raft, section 5 and figure 3).
import { formatId, type MemberId } from '../../base/index.ts';
import { MessageType, type Message } from '../../wire/gen/raft.ts';
import type { CheckContext } from './context.ts';
import type { DurableState } from './observer.ts';

interface Terms {
  /** Highest term that this run of the member has named, and that was durable. */
  named: number;
  durable: number;
}

interface Vote {
  readonly host: string;
  readonly candidate: MemberId;
  readonly isForItself: boolean;
}

export class RaftCheck {
  private readonly context: CheckContext;
  private readonly leaders = new Map<number, MemberId>();
  private readonly votes = new Map<string, Vote>();
  private readonly terms = new Map<string, Terms>();

  constructor(context: CheckContext) {
    this.context = context;
  }

  /** `localTerm` may be below what the member had before: its disk may have been rolled back. */
  started(host: string, localTerm: number): void {
    this.terms.set(host, { named: localTerm, durable: localTerm });
  }

  becameLeader(host: string, memberId: MemberId, term: number): void {
    const other = this.leaders.get(term);
    if (other === undefined) this.leaders.set(term, memberId);
    else if (other !== memberId) {
      const both = `${formatId(other)} and ${formatId(memberId)} (${host})`;
      this.report('oneLeader', `term ${term} has two leaders: ${both}`);
    }
  }

  voted(host: string, memberId: MemberId, term: number, candidate: MemberId): void {
    const key = `${memberId} ${term}`;
    const before = this.votes.get(key);
    const isForItself = candidate === memberId;
    if (before === undefined) this.votes.set(key, { host, candidate, isForItself });
    else if (before.candidate !== candidate) {
      const both = `${formatId(before.candidate)} and then for ${formatId(candidate)}`;
      this.report('oneVote', `${formatId(memberId)} (${host}) voted in term ${term} for ${both}`);
    }
  }

  /** A candidacy ends with the memory of the candidate: the vote that it gave itself counts for nobody any more. */
  forgot(host: string): void {
    for (const [key, vote] of this.votes) {
      if (vote.host === host && vote.isForItself) this.votes.delete(key);
    }
  }

  sent(host: string, message: Message, durable: DurableState): void {
    this.checkTerms(host, message, durable);
    switch (message.type) {
      case MessageType.MsgVote:
        this.checkVote(host, message, durable, message.from);
        break;
      case MessageType.MsgVoteResp:
        if (!message.reject) this.checkVote(host, message, durable, message.to);
        break;
      case MessageType.MsgAppResp:
        if (!message.reject) this.checkAcknowledged(host, message, durable);
        break;
      case MessageType.MsgApp:
        this.checkAppended(host, message);
        break;
      default:
    }
  }

  /** A new cluster counts its terms anew. */
  restored(): void {
    this.leaders.clear();
    this.votes.clear();
    this.terms.clear();
  }

  private checkVote(
    host: string,
    { term }: Message,
    durable: DurableState,
    candidate: MemberId,
  ): void {
    const isDurable = durable.term > term || (durable.term === term && durable.vote === candidate);
    if (isDurable) return;
    const stored = `term ${durable.term}, vote ${formatId(durable.vote)}`;
    const told = `the vote for ${formatId(candidate)} in term ${term}`;
    this.report('durableVote', `${host} sent ${told}, and had durably ${stored}`);
  }

  private checkAcknowledged(host: string, { term, index }: Message, durable: DurableState): void {
    if (durable.term >= term && durable.lastIndex >= index) return;
    const stored = `only up to ${durable.lastIndex} in term ${durable.term}`;
    this.report(
      'durableLog',
      `${host} acknowledged entry ${index} in term ${term}, and had it durably ${stored}`,
    );
  }

  /** A leader has all that was committed before its term, and what it has in its own term is its own. */
  private checkAppended(host: string, message: Message): void {
    this.checkCommitted(host, message.term, message.index, message.logTerm);
    for (const { index, term } of message.entries) {
      this.checkCommitted(host, message.term, index, term);
    }
  }

  private checkCommitted(host: string, leaderTerm: number, index: number, term: number): void {
    const committed = this.context.model.entryAt(index);
    if (committed === undefined || committed.term > leaderTerm || committed.term === term) return;
    const text = `${host} leads in term ${leaderTerm} with entry ${index} of term ${term}`;
    this.report('leaderCompleteness', `${text}; committed is one of term ${committed.term}`);
  }

  private checkTerms(host: string, message: Message, durable: DurableState): void {
    const terms = this.terms.get(host);
    if (terms === undefined) return;
    if (durable.term < terms.durable) {
      const text = `${host}: term ${durable.term} on the disk after ${terms.durable}`;
      this.report('term', text);
    }
    terms.durable = durable.term;
    if (!carriesOwnTerm(message.type)) return;
    if (message.term < terms.named) {
      this.report('term', `${host} sent a message of term ${message.term} after ${terms.named}`);
    }
    terms.named = message.term;
  }

  private report(check: string, text: string): void {
    this.context.report(check, text);
  }
}

/**
 * A pre-vote names a term to come, and what is only passed on none. Answers to appends and votes wait for the disk, and a
 * snapshot until the database has been read, so that messages of a later term may leave before them.
 */
function carriesOwnTerm(type: number): boolean {
  switch (type) {
    case MessageType.MsgApp:
    case MessageType.MsgVote:
    case MessageType.MsgHeartbeat:
    case MessageType.MsgHeartbeatResp:
      return true;
    default:
      return false;
  }
}
