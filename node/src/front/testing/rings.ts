// Both sides of a front thread in one thread: all that passes goes through the rings.
import { MessageChannel } from 'node:worker_threads';
import type { Logger } from '../../base/logger.ts';
import type { MethodEntry } from '../../rpc/index.ts';
import { Channel, type ChannelEnds } from '../channel.ts';
import { Forwarder } from '../forwarder.ts';
import { RemoteCalls } from '../remote-calls.ts';
import { newRing } from '../ring.ts';

export function channelEnds(ringBytes: number): { near: ChannelEnds; far: ChannelEnds } {
  const up = newRing(ringBytes);
  const down = newRing(ringBytes);
  const wake = new MessageChannel();
  const bulk = new MessageChannel();
  return {
    near: { outgoing: down, incoming: up, wake: wake.port1, bulk: bulk.port1 },
    far: { outgoing: up, incoming: down, wake: wake.port2, bulk: bulk.port2 },
  };
}

/** Methods for a server whose calls reach `methods` through rings of so many bytes. */
export function throughRings(ringBytes: number) {
  return (
    methods: readonly MethodEntry[],
    logger: Logger,
  ): { methods: MethodEntry[]; close(): void } => {
    const { near, far } = channelEnds(ringBytes);
    const calls = new RemoteCalls(near, { methods, logger, before: undefined });
    const channel = new Channel(far, (type, id, payload) => forwarder.receive(type, id, payload));
    const forwarder: Forwarder = new Forwarder(channel);
    return {
      methods: forwarder.entries(methods),
      close() {
        channel.close();
        calls.close();
      },
    };
  };
}
