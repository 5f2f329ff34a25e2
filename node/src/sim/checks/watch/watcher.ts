// One watcher, held against the guarantees of the Watch API
// (https://etcd.io/docs/v3.6/learning/api_guarantees/#watch-apis): ordered, unique, reliable, atomic, bookmarkable.
import { latin1FromBytes } from '../../../base/index.ts';
import { Event, type KeyValue } from '../../../wire/gen/kv.ts';
import { FilterType, type WatchCreateRequest, type WatchResponse } from '../../../wire/gen/rpc.ts';
import { keyRange, type Change } from '../model/key-store.ts';
import type { Model } from '../model/model.ts';
import { textOfKeyValue } from '../text.ts';
import { ExpectedEvents } from './expected-events.ts';

const DELETE = 1;

export class Watcher {
  readonly request: WatchCreateRequest;
  private readonly report: (text: string) => void;
  private readonly model: Model;
  private readonly expected: ExpectedEvents;
  /** With it, where the watcher begins is only known from its first event. */
  private readonly createdRevision: number;
  private isOpenStart: boolean;
  /** Nothing that it gets makes sense after a violation. */
  private isBroken = false;
  private isInFragments = false;
  /** Latest revision that an event or a mark has told. */
  private told = 0;

  /**
   * @param shown revision that the member had shown when the watcher was asked for: one that begins "now" begins behind it
   * @param created revision of the Created answer
   */
  constructor(parts: {
    readonly request: WatchCreateRequest;
    readonly model: Model;
    readonly shown: number;
    readonly created: number;
    readonly report: (text: string) => void;
  }) {
    const { request, model, shown, created, report } = parts;
    this.request = request;
    this.model = model;
    this.report = report;
    this.createdRevision = created;
    this.isOpenStart = request.startRevision === 0;
    const start = this.isOpenStart ? shown + 1 : request.startRevision;
    // etcd's server and client take an empty key for a zero byte, the first key there is.
    const key = request.key.length === 0 ? new Uint8Array(1) : request.key;
    const wants = wantsOf(request.filters);
    this.expected = new ExpectedEvents(keyRange(key, request.rangeEnd), wants, start);
  }

  events(response: WatchResponse): void {
    if (this.isBroken) return;
    if (response.fragment && !this.request.fragment) this.fail('got a fragment unasked');
    if (this.expected.isWithinRevision && !this.isInFragments) {
      this.fail(`got revision ${this.expected.revision} in two responses`);
    }
    for (const event of response.events) this.event(event);
    if (this.isBroken) return;
    const headerRevision = response.header?.revision ?? 0;
    const last = response.events.at(-1)?.kv?.modRevision ?? 0;
    this.told = Math.max(this.told, last);
    if (headerRevision < last) this.fail(`got revision ${last} under the header ${headerRevision}`);
    this.isInFragments = response.fragment;
    if (this.expected.isWithinRevision && !response.fragment) {
      this.fail(`got only a part of revision ${this.expected.revision}`);
    }
  }

  /** A bookmark: everything up to `revision` was delivered. */
  progress(revision: number): void {
    if (this.isBroken) return;
    if (revision < this.told) this.fail(`got a progress mark at ${revision} after ${this.told}`);
    this.told = revision;
    // Whatever it was that came before, the watcher had begun when it was created.
    this.begin(this.createdRevision + 1);
    const missed = this.expected.peek(this.model.store, revision);
    if (missed !== undefined) {
      this.fail(`got a progress mark at ${revision} without ${textOfChange(missed)}`);
    }
    this.expected.skipTo(revision + 1);
  }

  canceled({ compactRevision, cancelReason }: WatchResponse): void {
    if (this.isBroken || compactRevision === 0) return;
    if (compactRevision > this.model.compactRevision) {
      const text = `was told of a compaction at ${compactRevision}`;
      this.fail(`${text}; the latest was at ${this.model.compactRevision}`);
    } else if (this.expected.revision >= compactRevision) {
      const text = `ended (${cancelReason}) for a compaction at ${compactRevision}`;
      this.fail(`${text}, though it was at ${this.expected.revision}`);
    }
  }

  /** What it should have got by now, at rest. */
  finish(): void {
    if (this.isBroken) return;
    this.begin(this.createdRevision + 1);
    const missed = this.expected.peek(this.model.store);
    if (missed !== undefined) this.fail(`never got ${textOfChange(missed)}`);
  }

  private begin(revision: number): void {
    if (!this.isOpenStart) return;
    this.isOpenStart = false;
    this.expected.skipTo(revision);
  }

  private event(event: Event): void {
    if (this.isBroken) return;
    const revision = event.kv?.modRevision ?? 0;
    if (revision > this.model.revision) {
      this.fail(`got revision ${revision}; the latest is ${this.model.revision}`);
      return;
    }
    this.begin(Math.min(revision, this.createdRevision + 1));
    const due = this.expected.peek(this.model.store, Math.max(revision, this.expected.revision));
    const seen = textOfEvent(event);
    if (due === undefined) this.fail(`got ${seen}, and was past that or did not ask for it`);
    else if (due.kv.modRevision !== revision || textOfChange(due) !== seen) {
      this.fail(`got ${seen}, but ${textOfChange(due)} was next`);
    } else {
      this.checkPrevious(event, due);
      this.expected.deliver(this.model.store);
    }
  }

  /** Only what was compacted meanwhile may be left out. */
  private checkPrevious({ prevKv }: Event, due: Change): void {
    const { modRevision } = due.kv;
    const before = this.model.store.at(due.key, modRevision - 1);
    if (prevKv === undefined && modRevision - 1 < this.model.compactRevision) return;
    const expected = this.request.prevKv ? before : undefined;
    if (textOfKeyValue(prevKv) === textOfKeyValue(expected)) return;
    const seen = `prevKv ${textOfKeyValue(prevKv)}`;
    this.fail(`got ${textOfChange(due)} with ${seen} instead of ${textOfKeyValue(expected)}`);
  }

  private fail(text: string): void {
    if (!this.isBroken) this.report(text);
    this.isBroken = true;
  }
}

function wantsOf(filters: readonly number[]): (change: Change) => boolean {
  const noPut = filters.includes(FilterType.NOPUT);
  const noDelete = filters.includes(FilterType.NODELETE);
  return ({ isDelete }) => (isDelete ? !noDelete : !noPut);
}

function textOfEvent({ type, kv }: Event): string {
  return type === DELETE ? textOfDeletion(kv) : `put ${textOfKeyValue(kv)}`;
}

function textOfChange({ isDelete, kv }: Change): string {
  return isDelete ? textOfDeletion(kv) : `put ${textOfKeyValue(kv)}`;
}

function textOfDeletion(kv: KeyValue | undefined): string {
  if (kv === undefined) return 'a deletion of nothing';
  return `deletion of ${JSON.stringify(latin1FromBytes(kv.key))} at ${kv.modRevision}`;
}
