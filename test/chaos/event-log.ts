// A watch on all keys of the workload through one member, opened again at its revision whenever it breaks.
import { textFromUtf8, utf8FromText } from '../../node/src/base/index.ts';
import { EventType } from '../../node/src/wire/gen/kv.ts';
import {
  WatchCreateRequest,
  WatchRequest,
  WatchService,
  type WatchResponse,
} from '../../node/src/wire/gen/rpc.ts';
import { Caller } from '../integration/support/caller.ts';
import type { TestCluster } from '../integration/support/cluster.ts';
import type { TestMember } from '../integration/support/member.ts';
import { eventually, sleep } from '../integration/support/waiting.ts';
import { KEY_PREFIX } from './workload.ts';

const RETRY_MS = 50;

export interface LoggedEvent {
  readonly revision: number;
  readonly key: string;
  /** Undefined for a deletion. */
  readonly value: string | undefined;
}

export class EventLog {
  readonly events: LoggedEvent[] = [];
  /** Times the watch had to be opened. */
  opened = 0;
  private readonly caller: Caller;
  private readonly running: Promise<void>;
  private current: ReturnType<typeof openWatch> | undefined;
  private stopped = false;

  constructor(cluster: TestCluster, member: TestMember) {
    this.caller = new Caller(member.clientUrl, cluster.clientTls);
    this.running = this.run();
  }

  get lastRevision(): number {
    return this.events.at(-1)?.revision ?? 0;
  }

  /** Waits until the event of `revision` has come. */
  async until(revision: number): Promise<void> {
    await eventually(
      `the event of revision ${revision}; the last is ${this.lastRevision}`,
      () => this.lastRevision >= revision,
      60_000,
    );
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.current?.cancel();
    await this.running;
    this.caller.close();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.opened++;
      await this.watchOnce(this.lastRevision + 1);
      await sleep(RETRY_MS);
    }
  }

  /** Resolves when the stream ends, however it does. */
  private watchOnce(startRevision: number): Promise<void> {
    return new Promise((resolve) => {
      const stream = openWatch(this.caller, startRevision);
      this.current = stream;
      stream.on('data', (response: WatchResponse) => this.add(response));
      stream.on('error', () => resolve());
      stream.on('end', () => resolve());
    });
  }

  private add(response: WatchResponse): void {
    for (const { type, kv } of response.events) {
      if (kv === undefined) continue;
      const isDelete = type === EventType.DELETE;
      this.events.push({
        revision: kv.modRevision,
        key: textFromUtf8(kv.key) ?? '',
        value: isDelete ? undefined : (textFromUtf8(kv.value) ?? ''),
      });
    }
  }
}

function openWatch(caller: Caller, startRevision: number) {
  const stream = caller.stream(WatchService.watch);
  const key = utf8FromText(KEY_PREFIX);
  const rangeEnd = utf8FromText(KEY_PREFIX.slice(0, -1) + '0'); // '0' follows '/'
  const createRequest = WatchCreateRequest.create({ key, rangeEnd, startRevision });
  stream.write(WatchRequest.create({ createRequest }));
  return stream;
}
