// The network between machines: it delays, loses, doubles and reorders, and it can be cut, each direction on its own.
import type { NetworkRates } from '../scenario.ts';
import type { SimRandom } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** One direction between two machines. */
interface Link {
  cuts: number;
  extraDelayMs: number;
  /** When the last message arrives: those behind it come later, unless they overtake it. */
  lastArrivalMs: number;
  /** Of a connection: what waits until the link is mended, by the order in which it was sent. */
  held: { readonly order: number; readonly deliver: () => void }[];
  sent: number;
}

export class Network {
  messages = 0;
  private readonly links = new Map<string, Link>();
  private readonly scheduler: Scheduler;
  private readonly random: SimRandom;
  private readonly rates: () => NetworkRates;

  constructor(scheduler: Scheduler, random: SimRandom, rates: () => NetworkRates) {
    this.scheduler = scheduler;
    this.random = random;
    this.rates = rates;
  }

  /** A message on its own: it may never arrive, arrive twice (unless `atMostOnce`), or overtake another. */
  send(from: string, to: string, deliver: () => void, atMostOnce = false): void {
    this.messages++;
    const { lossOneIn, duplicateOneIn, reorderOneIn } = this.rates();
    const { random } = this;
    const link = this.link(from, to);
    const isLost = random.onceIn(lossOneIn);
    const isDoubled = random.onceIn(duplicateOneIn) && !atMostOnce;
    const overtakes = random.onceIn(reorderOneIn);
    if (isLost || link.cuts > 0) return;
    const arrive = (): void => {
      if (link.cuts === 0) deliver();
    };
    this.scheduler.after(this.delayOf(link, !overtakes), arrive);
    if (isDoubled) this.scheduler.after(this.delayOf(link, false), arrive);
  }

  /** A message of a connection: in order and for certain, as long as both ends live; where the link is cut, when it is mended. */
  sendReliably(from: string, to: string, deliver: () => void): void {
    this.messages++;
    const link = this.link(from, to);
    this.convey(link, link.sent++, deliver);
  }

  /** Cuts add up: what was cut twice has to be mended twice. */
  cut(from: string, to: string): void {
    this.link(from, to).cuts++;
  }

  mend(from: string, to: string): void {
    const link = this.link(from, to);
    link.cuts = Math.max(0, link.cuts - 1);
    if (link.cuts === 0) this.release(link);
  }

  mendAll(): void {
    for (const link of this.links.values()) {
      link.cuts = 0;
      link.extraDelayMs = 0;
      this.release(link);
    }
  }

  slow(from: string, to: string, byMs: number): void {
    this.link(from, to).extraDelayMs = byMs;
  }

  isCut(from: string, to: string): boolean {
    return this.link(from, to).cuts > 0;
  }

  private release(link: Link): void {
    const held = link.held;
    link.held = [];
    held.sort((a, b) => a.order - b.order);
    for (const { order, deliver } of held) this.convey(link, order, deliver);
  }

  private convey(link: Link, order: number, deliver: () => void): void {
    if (link.cuts > 0) {
      link.held.push({ order, deliver });
      return;
    }
    this.scheduler.after(this.delayOf(link, true), () => {
      if (link.cuts > 0) link.held.push({ order, deliver });
      else deliver();
    });
  }

  private delayOf(link: Link, keepsOrder: boolean): number {
    const { latencyMs, jitterMs } = this.rates();
    const { nowMs } = this.scheduler;
    const delayMs = latencyMs + link.extraDelayMs + this.random.fraction() * jitterMs;
    if (!keepsOrder) return delayMs + this.random.fraction() * 10 * (latencyMs + jitterMs);
    link.lastArrivalMs = Math.max(link.lastArrivalMs, nowMs + delayMs);
    return link.lastArrivalMs - nowMs;
  }

  private link(from: string, to: string): Link {
    const name = `${from} ${to}`;
    let link = this.links.get(name);
    if (link === undefined) {
      link = { cuts: 0, extraDelayMs: 0, lastArrivalMs: 0, held: [], sent: 0 };
      this.links.set(name, link);
    }
    return link;
  }
}
