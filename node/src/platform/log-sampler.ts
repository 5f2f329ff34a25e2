// Keeps a flood of one message from filling the disk (zap's sampling as etcd sets it: 100 a second, then every 100th).

const WINDOW_MS = 1000;
const FIRST = 100;
const THEREAFTER = 100;
/** Different messages counted at once; messages are literals, so a clean program stays far below. */
const MAX_MESSAGES = 4096;

export class LogSampler {
  private readonly counts = new Map<string, number>();
  private windowEndMs = 0;

  admits(level: string, message: string, nowMs: number): boolean {
    if (nowMs >= this.windowEndMs || this.counts.size >= MAX_MESSAGES) {
      this.counts.clear();
      this.windowEndMs = nowMs + WINDOW_MS;
    }
    const key = `${level} ${message}`;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count <= FIRST || (count - FIRST) % THEREAFTER === 0;
  }
}
