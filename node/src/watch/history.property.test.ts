// A random history, random watchers, slow receivers, compactions and snapshots: each watcher gets exactly what a model says.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { latin1FromBytes } from '../base/bytes.ts';
import { SILENT_LOGGER } from '../base/logger.ts';
import { FakeClock } from '../base/testing/fake-clock.ts';
import type { Event } from '../wire/gen/kv.ts';
import { WatchHub } from './hub.ts';
import type { WatchStream } from './stream.ts';
import { MemoryStore, type Change } from './testing/memory-store.ts';
import { RecordingSink } from './testing/recording-sink.ts';
import { END_OF_KEYS, type WatchOptions } from './watcher.ts';

const KEYS = ['a', 'aa', 'ab', 'b', 'ba', 'c'];
const key = fc.constantFrom(...KEYS);
const change: fc.Arbitrary<Change> = fc.record({
  key,
  value: fc.option(fc.constantFrom('1', '2'), { nil: undefined }),
});
const uniqueChanges = fc.uniqueArray(change, {
  selector: (c) => c.key,
  minLength: 1,
  maxLength: 4,
});

const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('write' as const), changes: uniqueChanges }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('watch' as const),
        stream: fc.nat(2),
        key,
        end: fc.constantFrom(undefined, 'ab', 'b', 'c', END_OF_KEYS),
        /** Relative to the revision at that time; over 20 means "from now on". */
        back: fc.integer({ min: -5, max: 25 }),
        noPut: fc.boolean(),
        noDelete: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), nth: fc.nat(20) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('drain' as const), stream: fc.nat(2) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('progress' as const), stream: fc.nat(2) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), back: fc.nat(6) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('snapshot' as const),
        writes: fc.array(uniqueChanges, { maxLength: 5 }),
        compact: fc.boolean(),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.nat(8) }) },
  ),
  // fast-check's default size would stop at ten steps.
  { maxLength: 100, size: 'max' },
);
type Step = (typeof steps extends fc.Arbitrary<infer T> ? T : never) extends (infer S)[]
  ? S
  : never;

interface Watched {
  readonly stream: number;
  readonly id: bigint;
  readonly options: WatchOptions;
  /** First revision it is owed. */
  readonly from: number;
  /** First message of the stream that can be for it; the first one behind its end. */
  readonly firstMessage: number;
  endMessage: number;
}

class Scenario {
  readonly store = new MemoryStore();
  readonly hub = new WatchHub(this.store, {
    clock: new FakeClock(),
    logger: SILENT_LOGGER,
    maxEvents: 3,
  });
  readonly sinks = [new RecordingSink(), new RecordingSink(1), new RecordingSink(3)];
  readonly streams: WatchStream[] = this.sinks.map((sink) => this.hub.openStream(sink));
  readonly events: Event[] = [];
  readonly watched: Watched[] = [];

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'write':
        this.events.push(...this.store.write(step.changes));
        break;
      case 'watch':
        this.watch(step);
        break;
      case 'cancel':
        this.cancel(step.nth);
        break;
      case 'drain':
        this.sinks[step.stream]!.drain();
        break;
      case 'progress':
        this.streams[step.stream]!.requestProgress();
        break;
      case 'compact':
        this.compact(this.store.revision - step.back);
        break;
      case 'snapshot':
        for (const changes of step.writes) this.events.push(...this.store.write(changes, false));
        if (step.compact) this.compact(this.store.revision - 1);
        this.store.onRestored?.();
        break;
      case 'turns':
        for (let i = 0; i < step.count; i++) await Promise.resolve();
    }
  }

  /** Lets everybody catch up. */
  async finish(): Promise<void> {
    for (let round = 0; round < 400; round++) {
      for (const sink of this.sinks) sink.drain();
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
    expect(this.hub.slowWatcherCount).toBe(0);
  }

  check(): void {
    for (const watched of this.watched) this.checkOne(watched);
    for (const [index] of this.streams.entries()) this.checkProgress(index);
  }

  private watch(step: Extract<Step, { kind: 'watch' }>): void {
    const startRevision = step.back > 20 ? 0 : Math.max(this.store.revision - step.back, 1);
    const options: WatchOptions = {
      key: step.key,
      end: step.end !== undefined && step.end <= step.key ? undefined : step.end,
      startRevision,
      prevKv: false,
      noPut: step.noPut,
      noDelete: step.noDelete,
      progressNotify: false,
      fragment: false,
    };
    const { id } = this.streams[step.stream]!.watch(options);
    const from = startRevision === 0 ? this.store.revision + 1 : startRevision;
    const firstMessage = this.sinks[step.stream]!.told.length;
    this.watched.push({
      stream: step.stream,
      id,
      options,
      from,
      firstMessage,
      endMessage: Infinity,
    });
  }

  private cancel(nth: number): void {
    const watched = this.watched[nth];
    if (watched === undefined || watched.endMessage !== Infinity) return;
    watched.endMessage = this.sinks[watched.stream]!.told.length;
    this.streams[watched.stream]!.cancel(watched.id);
  }

  private compact(revision: number): void {
    if (revision > this.store.compactRevision && revision > 0) this.store.compact(revision);
  }

  private owed(watched: Watched): Event[] {
    const { options, from } = watched;
    return this.events.filter((event) => {
      const text = latin1FromBytes(event.kv!.key);
      const inside =
        options.end === undefined
          ? text === options.key
          : text >= options.key && text < options.end;
      const filtered = event.type === 0 ? options.noPut : options.noDelete;
      return inside && !filtered && event.kv!.modRevision >= from;
    });
  }

  private messages(watched: Watched) {
    return this.sinks[watched.stream]!.told.slice(watched.firstMessage, watched.endMessage).filter(
      (message) => message.id === watched.id,
    );
  }

  private checkOne(watched: Watched): void {
    const messages = this.messages(watched);
    const got: string[] = [];
    let lastRevision = 0;
    for (const message of messages) {
      if (message.kind !== 'events') continue;
      expect(message.events.length).toBeGreaterThan(0);
      expect(message.events[0]!.revision).toBeGreaterThan(lastRevision);
      lastRevision = message.events.at(-1)!.revision;
      expect(message.revision).toBeGreaterThanOrEqual(lastRevision);
      for (const event of message.events) got.push(name(event.toEvent(false)));
    }
    const owed = this.owed(watched);
    const compacted = messages.findIndex((message) => message.kind === 'compacted');
    if (compacted >= 0) expect(compacted).toBe(messages.length - 1);
    const ended = compacted >= 0 || watched.endMessage !== Infinity;
    const expected = ended ? owed.filter((event) => event.kv!.modRevision <= lastRevision) : owed;
    expect(got).toEqual(expected.map(name));
  }

  /** What a stream was promised to have seen, it has seen. */
  private checkProgress(stream: number): void {
    const { told } = this.sinks[stream]!;
    for (const [at, message] of told.entries()) {
      if (message.kind !== 'progress') continue;
      for (const watched of this.watched) {
        if (watched.stream !== stream || watched.firstMessage > at || watched.endMessage <= at)
          continue;
        const before = told.slice(watched.firstMessage, at).filter((m) => m.id === watched.id);
        if (before.some((m) => m.kind === 'compacted')) continue;
        const seen = before.flatMap((m) => (m.kind === 'events' ? m.events : []));
        const due = this.owed(watched).filter((e) => e.kv!.modRevision <= message.revision);
        expect(seen.length).toBe(due.length);
      }
    }
  }
}

const name = (event: Event): string =>
  `${event.type === 0 ? 'PUT' : 'DELETE'} ${latin1FromBytes(event.kv!.key)}@${event.kv!.modRevision}`;

test('each watcher gets every event of its range from its start on: in order, once, no revision split', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const scenario = new Scenario();
      for (const step of all) await scenario.run(step);
      await scenario.finish();
      scenario.check();
    }),
    { numRuns: 500 },
  );
});
