// The calls of one front thread, in the main thread.
import { GrpcStatus, StatusError } from '../base/errors.ts';
import { present } from '../base/assert.ts';
import type { Logger } from '../base/logger.ts';
import { PassingMap } from '../base/passing-map.ts';
import type { MethodEntry } from '../rpc/index.ts';
import { CallHead } from './call-head.ts';
import { Channel, type ChannelEnds } from './channel.ts';
import { Up, decodeStatus, readUint32 } from './records.ts';
import { RemoteCall, type RemoteEnvironment } from './remote-call.ts';

const NO_BYTES = new Uint8Array(0);

export interface RemoteCallsParts {
  /** In the order in which both threads number them. */
  readonly methods: readonly MethodEntry[];
  readonly before: RemoteEnvironment['before'];
  readonly logger: Logger;
}

export class RemoteCalls {
  private readonly methods: readonly MethodEntry[];
  private readonly channel: Channel;
  private readonly environment: RemoteEnvironment;
  private readonly calls = new PassingMap<number, RemoteCall>();

  constructor(ends: ChannelEnds, { methods, before, logger }: RemoteCallsParts) {
    this.methods = methods;
    this.channel = new Channel(ends, this.receive);
    this.environment = {
      channel: this.channel,
      before,
      logError: (message, fields) => logger.error(message, fields),
      forget: (id) => this.calls.delete(id),
    };
  }

  /** The other thread is gone: handlers that run see their calls canceled. */
  close(): void {
    this.channel.close();
    for (const call of [...this.calls.values()]) call.cancel();
    this.calls.clear();
  }

  private readonly receive = (type: number, id: number, payload: Uint8Array): void => {
    if (type === Up.Call) {
      this.begin(id, payload);
      return;
    }
    // Its handler may have settled while this was on its way.
    const call = this.calls.get(id);
    switch (type) {
      case Up.Request:
        call?.push(payload);
        break;
      case Up.RequestsEnd:
        call?.requestsEnd(payload.length === 0 ? undefined : errorFrom(payload));
        break;
      case Up.Cancel:
        call?.cancel();
        break;
      case Up.Sent:
        call?.sent(readUint32(payload));
        break;
    }
  };

  private begin(id: number, payload: Uint8Array): void {
    const head = new CallHead(payload);
    const entry = present(this.methods[head.method], 'both threads have the same list of methods');
    const call = new RemoteCall(this.environment, id, entry, head);
    this.calls.set(id, call);
    call.start(head.end === payload.length ? NO_BYTES : payload.subarray(head.end));
  }
}

function errorFrom(payload: Uint8Array): StatusError {
  const { status, message } = decodeStatus(payload);
  return new StatusError(status as GrpcStatus, message); // the front thread's GrpcStatus
}
