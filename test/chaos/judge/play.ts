// Plays a tape to the checkers of the simulation. They want to see entries as they are applied, and nobody saw that: each
// entry is shown at the first answer that proves it, which is late, never early. A lease's grant is shown as if it had
// happened when it was asked for, so that no lease is taken to have ended early which did not.
import { Checks } from '../../../node/src/sim/checks/checks.ts';
import type { FinalState, Violation } from '../../../node/src/sim/checks/observer.ts';
import { textOfGrant } from '../../../node/src/sim/checks/model/model.ts';
import {
  LeaseService,
  type LeaseGrantRequest,
  type ResponseHeader,
} from '../../../node/src/wire/gen/rpc.ts';
import type { Entry } from '../../../node/src/wire/gen/raft.ts';
import { headerOf, type Tape, type TapeEvent, type TapeRecord } from '../record/tape.ts';
import { joinLogs, LogIndex } from './committed-log.ts';
import { neededBy, neededByWatch } from './needs.ts';

/** What one member held at the end. */
export interface MemberEnd {
  readonly host: string;
  readonly final: FinalState;
  readonly log: readonly Entry[];
}

export interface Verdict {
  readonly violations: Violation[];
  /** By which they were found. */
  readonly log: LogIndex;
  /** Keys for which the search for an order of all operations was given up. */
  readonly undecidedKeys: number;
}

const LOG = 'log';
/** Real machines do other things too: what takes longer is a failure of the test that waits for it, not of the store. */
const PATIENCE_MS = 120_000;

/** Judges what is on the tape. @param members all, when they have ended */
export function play(tape: Tape, members: readonly MemberEnd[]): Verdict {
  const log = new LogIndex(joinLogs(members.map((member) => member.log)));
  const player = new Player(tape, log, members);
  return { violations: player.run(), log: player.log, undecidedKeys: player.undecidedKeys };
}

class Player {
  readonly log: LogIndex;
  readonly #tape: Tape;
  readonly #members: readonly MemberEnd[];
  readonly #hosts: ReadonlyMap<bigint, string>;
  readonly #checks: Checks;
  readonly #appliedAtCall = new Map<TapeRecord, number>();
  readonly #grantCalls = new Map<string, number>();
  #nowMs = 0;
  #applied = 0;

  constructor(tape: Tape, log: LogIndex, members: readonly MemberEnd[]) {
    this.log = log;
    this.#tape = tape;
    this.#members = members;
    this.#hosts = new Map(members.map(({ host, final }) => [final.memberId, host]));
    this.#checks = new Checks({
      nowMs: () => this.#nowMs,
      ...{ leaseExpiryBoundMs: PATIENCE_MS, recoveryBoundMs: PATIENCE_MS, catchUpMs: PATIENCE_MS },
    });
  }

  get undecidedKeys(): number {
    return this.#checks.undecidedKeys;
  }

  run(): Violation[] {
    this.#checks.started(LOG, 0, 0n, 0);
    for (const event of this.#tape.events) {
      if (event.kind === 'returned') this.#place(event.record);
    }
    for (const event of this.#tape.events) {
      this.#nowMs = event.atMs;
      this.#one(event);
    }
    this.#show(this.log.entries.length);
    // Each has to agree with what was joined of all.
    for (const member of this.#members) this.#compare(member);
    this.#checks.finish(this.#members.map(({ final }) => final));
    return [...this.#checks.violations];
  }

  #compare({ host, final, log }: MemberEnd): void {
    const name = `log of ${host}`;
    let run = 0;
    log.forEach((entry, position) => {
      // Behind a snapshot of another member its log begins anew.
      const follows = log[position - 1]?.index === entry.index - 1;
      if (!follows) this.#checks.started(name, ++run, final.memberId, 0);
      this.#checks.applied(name, run, [entry]);
    });
  }

  #one(event: TapeEvent): void {
    const checks = this.#checks;
    switch (event.kind) {
      case 'started':
        return checks.started(event.host, event.run, this.#idOf(event.host), 0);
      case 'stopped':
        return checks.stopped(event.host, event.run, 'crash');
      case 'called':
        this.#appliedAtCall.set(event.record, this.#applied);
        this.#noteGrant(event.record);
        return checks.called(event.record);
      case 'returned':
        this.#show(neededBy(event.record, this.log, this.#appliedAtCall.get(event.record) ?? 0));
        return checks.returned(event.record);
      case 'watchOpened':
        return checks.watchOpened(event.stream);
      case 'watchRequested':
        return checks.watchRequested(event.stream, event.request);
      case 'watchResponse':
        this.#show(neededByWatch(event.response, this.log));
        return checks.watchResponse(event.stream, event.response);
      case 'watchClosed':
        return checks.watchClosed(event.stream);
      case 'faultsEnded':
        return checks.faultsEnded();
    }
  }

  /** Which member answered, if it lived from the call to the answer. */
  #place(record: TapeRecord): void {
    const header: ResponseHeader | undefined = headerOf(record.response);
    const host = header === undefined ? undefined : this.#hosts.get(header.memberId);
    if (host === undefined) return;
    const run = record.runsAtCall.get(host);
    if (run !== undefined && run === record.runsAtReturn.get(host)) record.host = host;
  }

  #noteGrant({ path, request, calledMs }: TapeRecord): void {
    if (path !== LeaseService.leaseGrant.path) return;
    this.#grantCalls.set(textOfGrant(request as LeaseGrantRequest), calledMs);
  }

  /** Entries up to `index` are applied by now. */
  #show(index: number): void {
    const nowMs = this.#nowMs;
    for (; this.#applied < index; this.#applied++) {
      const entry = this.log.entries[this.#applied];
      if (entry === undefined) break;
      const request = this.log.requestAt(entry.index);
      this.#nowMs = this.#grantCalls.get(request?.text ?? '') ?? nowMs;
      this.#checks.applied(LOG, 0, [entry]);
    }
    this.#nowMs = nowMs;
  }

  #idOf(host: string): bigint {
    return this.#members.find((member) => member.host === host)?.final.memberId ?? 0n;
  }
}
