// Every member hands the same entries to its state machine, in order and without a gap (Raft, section 5.2: log matching
// and state machine safety). The first to apply an index feeds the model.
import { equalBytes, latin1FromBytes } from '../../base/index.ts';
import { EntryType, type Entry } from '../../wire/gen/raft.ts';
import type { CheckContext } from './context.ts';
import type { LoggedRequest } from './model/model.ts';

const CHECK = 'stateMachine';

interface Position {
  readonly incarnation: number;
  /** Index of the entry applied last; undefined before the first since the start. */
  index: number | undefined;
}

export class LogCheck {
  private readonly context: CheckContext;
  private readonly onLogged: (logged: LoggedRequest) => void;
  private readonly positions = new Map<string, Position>();
  private readonly proposals = new Map<string, number>();

  /** @param onLogged called with each request as it is committed */
  constructor(context: CheckContext, onLogged: (logged: LoggedRequest) => void = () => undefined) {
    this.context = context;
    this.onLogged = onLogged;
  }

  started(host: string, incarnation: number): void {
    this.positions.set(host, { incarnation, index: undefined });
  }

  applied(host: string, incarnation: number, entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.checkOrder(host, incarnation, entry.index);
      this.take(host, entry);
    }
  }

  installed(host: string, incarnation: number, index: number, term: number): void {
    const { model } = this.context;
    if (index > model.appliedIndex && model.appliedIndex > 0) {
      this.report(`${host} took a snapshot at ${index}, which nobody has applied`);
    }
    const entry = model.entryAt(index);
    if (entry !== undefined && entry.term !== term) {
      this.report(`${host} took a snapshot at ${index} of term ${term}; it is of ${entry.term}`);
    }
    this.positions.set(host, { incarnation, index });
  }

  restored(index: number, revision: number): void {
    const { model } = this.context;
    if (index > model.appliedIndex) {
      this.report(`restored from a snapshot at ${index}, which nobody has applied`);
    }
    this.context.model = model.restoredAt(index, revision);
    this.positions.clear();
    this.proposals.clear();
  }

  private checkOrder(host: string, incarnation: number, index: number): void {
    const position = this.positions.get(host);
    if (position === undefined || position.incarnation !== incarnation) {
      this.positions.set(host, { incarnation, index });
      return;
    }
    if (position.index !== undefined && index !== position.index + 1) {
      this.report(`${host} applied entry ${index} after ${position.index}`);
    }
    position.index = index;
  }

  private take(host: string, entry: Entry): void {
    const { model } = this.context;
    const isFirst = model.appliedIndex === 0;
    if (isFirst || entry.index === model.appliedIndex + 1) {
      this.checkRepetition(entry);
      const logged = model.feed(entry);
      if (logged !== undefined) this.onLogged(logged);
      return;
    }
    if (entry.index > model.appliedIndex) {
      this.report(`${host} applied entry ${entry.index}; the latest was ${model.appliedIndex}`);
      return;
    }
    const known = model.entryAt(entry.index);
    if (known === undefined) return;
    const isSame = known.type === entry.type && equalBytes(known.data, entry.data);
    if (isSame && known.term === entry.term) return;
    const difference = isSame ? '' : ' with other content';
    this.report(
      `${host} applied entry ${entry.index} of term ${entry.term}${difference}; others had it of term ${known.term}`,
    );
  }

  /** Requests have ids of their own, so an entry that equals an earlier one was proposed once and logged twice. */
  private checkRepetition({ type, data, index }: Entry): void {
    if (type !== EntryType.EntryNormal || data.length === 0) return;
    const text = latin1FromBytes(data);
    const before = this.proposals.get(text);
    if (before === undefined) this.proposals.set(text, index);
    else this.report(`entry ${index} is the same request as entry ${before}`);
  }

  private report(text: string): void {
    this.context.report(CHECK, text);
  }
}
