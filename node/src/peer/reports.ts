// What the member is told about lost messages and snapshots: never from within a call of its own, and a burst of
// losses to one peer only once.
import type { MemberId } from '../base/ids.ts';
import type { Logger } from '../base/logger.ts';
import { MessageType, type Message } from '../wire/gen/raft.ts';
import type { PeerHandlers } from './options.ts';

export class Reports {
  private readonly handlers: PeerHandlers;
  private readonly lost = new Set<MemberId>();
  private toldRemoved = false;

  constructor(handlers: PeerHandlers) {
    this.handlers = handlers;
  }

  unreachable(id: MemberId): void {
    if (this.lost.size === 0) {
      setImmediate(() => {
        const ids = [...this.lost];
        this.lost.clear();
        for (const each of ids) this.handlers.reportUnreachable(each);
      });
    }
    this.lost.add(id);
  }

  snapshot(id: MemberId, ok: boolean): void {
    setImmediate(() => this.handlers.reportSnapshot(id, ok));
  }

  unsent(message: Message): void {
    if (message.type !== MessageType.MsgProp) return;
    setImmediate(() => this.handlers.proposalUnsent?.(message));
  }

  selfRemoved(logger: Logger): void {
    if (this.toldRemoved) return;
    this.toldRemoved = true;
    logger.error('the member has been permanently removed from the cluster');
    setImmediate(() => this.handlers.selfRemoved?.());
  }
}
