// Frames that cost the server work and bring nobody forward: pings, settings, resets, priorities, empty DATA, tiny window
// updates. A client may send bursts of them; one that goes on is told to calm down (RFC 9113 section 10.5; the rapid
// reset attack is CVE-2023-44487).
import { ConnectionError, ErrorCode } from './protocol.ts';

const MAX_POINTS = 10_000;
const FORGIVEN_PER_SECOND = 1000;

/** Points for one frame. */
export const Cost = { Small: 1, Settings: 10, Reset: 10, Stray: 10 } as const;

export class AbuseMeter {
  private points = 0;
  private measuredMs: number;

  constructor(nowMs: number) {
    this.measuredMs = nowMs;
  }

  /** @throws ConnectionError ENHANCE_YOUR_CALM when the client has used up its allowance */
  charge(points: number, nowMs: number, what: string): void {
    this.points += points;
    if (this.points < MAX_POINTS / 2) return;
    const forgiven = ((nowMs - this.measuredMs) / 1000) * FORGIVEN_PER_SECOND;
    this.measuredMs = nowMs;
    this.points = Math.max(0, this.points - forgiven);
    if (this.points >= MAX_POINTS) {
      throw new ConnectionError(ErrorCode.EnhanceYourCalm, `too many ${what} frames`);
    }
  }

  /** Honest work pays: a request answered, a DATA frame sent. */
  credit(points: number): void {
    if (this.points > 0) this.points = Math.max(0, this.points - points);
  }
}
