// Which request of a client is which entry of the log: an answered one is there once, a refused one never, one of unknown
// outcome at most once, and none before it was made.
import type { CheckContext } from '../context.ts';
import type { LoggedRequest, Model } from '../model/model.ts';
import type { OperationRecord } from '../observer.ts';
import { show } from '../text.ts';

const CHECK = 'log';

/** may: it may have taken effect. must not: it was refused, or failed for good. has: an answer told so. */
type Effect = 'may' | 'mustNot' | 'has';

interface Claim {
  readonly record: OperationRecord;
  /** Index of the latest entry when the request was made. */
  readonly callIndex: number;
  effect: Effect;
}

export class Claims {
  private readonly context: CheckContext;
  private readonly claims = new Map<string, Claim[]>();

  constructor(context: CheckContext) {
    this.context = context;
  }

  called(record: OperationRecord, text: string): void {
    const claim: Claim = { record, callIndex: this.context.model.appliedIndex, effect: 'may' };
    const same = this.claims.get(text);
    if (same === undefined) this.claims.set(text, [claim]);
    else same.push(claim);
  }

  /** It surely had no effect. */
  failed(record: OperationRecord, text: string): void {
    const claim = this.find(record, text);
    if (claim !== undefined) claim.effect = 'mustNot';
  }

  /**
   * The entry that an answer is about: its revision fits, and it came after the call. Equal requests may have come to equal
   * revisions: the one that explains the answer is preferred. Undefined: a violation was noted.
   */
  answered(
    record: OperationRecord,
    text: string,
    callIndex: number,
    isFitting: (logged: LoggedRequest) => boolean,
    explains: (logged: LoggedRequest) => boolean = () => true,
  ): LoggedRequest | undefined {
    const claim = this.find(record, text);
    if (claim !== undefined) claim.effect = 'has';
    const entries = this.context.model.requestsOf(text).filter((one) => one.error === undefined);
    const fitting = entries.filter(
      (one) => !one.isClaimed && one.index > callIndex && isFitting(one),
    );
    const entry = fitting.find(explains) ?? fitting[0];
    if (entry !== undefined) entry.isClaimed = true;
    else this.report(record, `was answered, but ${whyNot(entries, callIndex)}`);
    return entry;
  }

  /** Every entry that carries a client's request belongs to one request. */
  finish(model: Model): void {
    for (const [text, claims] of this.claims) {
      const entries = model
        .requestsOf(text)
        .filter((one) => one.error === undefined && !one.isClaimed);
      if (entries.length === 0 || !isOnlyOfClients(entries[0]!)) continue;
      const possible = claims.filter((claim) => claim.effect === 'may');
      for (const [i, entry] of entries.entries()) {
        const claim = possible[i];
        if (claim !== undefined && claim.callIndex < entry.index) continue;
        const { record } = claims[0]!;
        this.report(record, `${explain(claims, claim)}; entry ${entry.index} is left over`);
        break;
      }
    }
  }

  private find(record: OperationRecord, text: string): Claim | undefined {
    return this.claims.get(text)?.find((claim) => claim.record === record);
  }

  private report({ id, path, client }: OperationRecord, text: string): void {
    this.context.report(CHECK, `operation ${id} (${path} of ${client}) ${text}`);
  }
}

/** Members themselves revoke expired leases and compact. */
function isOnlyOfClients({ kind }: LoggedRequest): boolean {
  return kind !== 'leaseRevoke' && kind !== 'compaction';
}

function explain(claims: readonly Claim[], claim: Claim | undefined): string {
  if (claim !== undefined) return 'was in the log before it was made';
  const refused = claims.find((one) => one.effect === 'mustNot');
  if (refused === undefined) return 'took effect more than once';
  const { id, outcome, errorText } = refused.record;
  return `took effect though operation ${id} ended with ${outcome} ${show(errorText ?? '')}`;
}

function whyNot(entries: readonly LoggedRequest[], callIndex: number): string {
  if (entries.length === 0) return 'no entry of the log carries it';
  const seen = entries.map(({ index, revision, isClaimed }) => {
    const notes = [`entry ${index} at revision ${revision}`];
    if (isClaimed) notes.push('explains another answer');
    if (index <= callIndex) notes.push(`was there before the call (at ${callIndex})`);
    return notes.join(' ');
  });
  return `of its entries in the log none fits: ${seen.join('; ')}`;
}
