// Members for tests: a transport with recorded handlers on a loopback port.
import type { LogFields, Logger } from '../../base/logger.ts';
import type { Clock } from '../../base/world.ts';
import { Message, MessageType } from '../../wire/gen/raft.ts';
import type { PeerHandlers, PeerTransportOptions } from '../options.ts';
import { PeerTransport } from '../transport.ts';

export const CLUSTER = 0xcdf818194e3a8c32n;

export const testClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  yieldNow: () => new Promise((resolve) => setImmediate(resolve)),
  soon: (callback) => void setImmediate(callback),
};

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = [];
  debug(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'debug', message, fields });
  }
  info(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', message, fields });
  }
  warn(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', message, fields });
  }
  error(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'error', message, fields });
  }
  count(text: string): number {
    return this.lines.filter((line) => line.message.includes(text)).length;
  }
}

export class TestMember {
  readonly id: bigint;
  readonly received: Message[] = [];
  /** How many messages each call of process brought. */
  readonly batches: number[] = [];
  readonly unreachable: bigint[] = [];
  readonly snapshots: { id: bigint; ok: boolean }[] = [];
  readonly removed = new Set<bigint>();
  readonly logger = new RecordingLogger();
  selfRemoved = 0;
  url = '';
  transport: PeerTransport;
  private readonly options: PeerTransportOptions;

  constructor(
    id: bigint,
    options: Partial<PeerTransportOptions> = {},
    overrides: Partial<PeerHandlers> = {},
  ) {
    this.id = id;
    const handlers = { ...this.recordingHandlers(), ...overrides };
    this.options = {
      memberId: id,
      clusterId: CLUSTER,
      urls: () => [`http://127.0.0.1:${id}`],
      logger: this.logger,
      clock: testClock,
      serverVersion: '3.7.3',
      ...options,
      handlers,
    };
    this.transport = new PeerTransport(this.options);
  }

  private recordingHandlers(): PeerHandlers {
    return {
      process: (messages) => {
        this.received.push(...messages);
        this.batches.push(messages.length);
      },
      isIdRemoved: (other) => this.removed.has(other),
      reportUnreachable: (other) => void this.unreachable.push(other),
      reportSnapshot: (other, ok) => void this.snapshots.push({ id: other, ok }),
      saveDatabaseSnapshot: async (_from, database) => {
        for await (const piece of database) void piece;
      },
      selfRemoved: () => void this.selfRemoved++,
    };
  }

  async listen(url = 'http://127.0.0.1:0'): Promise<void> {
    const [bound = ''] = await this.transport.listen([url]);
    this.url = bound;
  }

  /** Stops and comes back on the same port, with no peers. */
  async restart(): Promise<void> {
    await this.transport.stop(0);
    this.transport = new PeerTransport(this.options);
    await this.listen(this.url);
  }
}

/** `count` members that listen and know each other, with all their streams up. */
export async function startMembers(
  count: number,
  options: Partial<PeerTransportOptions> = {},
  scheme = 'http',
): Promise<TestMember[]> {
  const members = Array.from({ length: count }, (_, i) => new TestMember(BigInt(i + 1), options));
  for (const member of members) await member.listen(`${scheme}://127.0.0.1:0`);
  for (const member of members) introduce(member, members);
  const streams = 2 * (count - 1);
  for (const member of members) {
    await until(() => member.logger.count('set message encoder') >= streams, 'streams are up');
  }
  return members;
}

export function introduce(member: TestMember, all: readonly TestMember[]): void {
  for (const other of all) {
    if (other !== member) member.transport.addPeer(other.id, [other.url]);
  }
}

export async function stopMembers(members: readonly TestMember[]): Promise<void> {
  await Promise.all(members.map((member) => member.transport.stop(0)));
}

export async function until(
  condition: () => boolean,
  what: string,
  timeoutMs = 8_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function heartbeat(from: bigint, to: bigint, commit = 0): Message {
  return Message.create({ type: MessageType.MsgHeartbeat, from, to, term: 1, commit });
}

/** A MsgApp of term 1 with `count` entries behind `index`. */
export function append(
  from: bigint,
  to: bigint,
  index: number,
  count: number,
  bytes = 16,
): Message {
  const entries = Array.from({ length: count }, (_, i) => ({
    type: 0,
    term: 1,
    index: index + i + 1,
    data: new Uint8Array(bytes).fill(index + i),
  }));
  const head = { type: MessageType.MsgApp, from, to, term: 1, logTerm: 1, index, commit: index };
  return Message.create({ ...head, entries });
}
