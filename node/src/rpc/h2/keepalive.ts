// The server's own pings: after a silent interval one is sent, and a client that then stays silent is gone
// (grpc-go keepalive.ServerParameters).
import type { Timer } from '../../base/world.ts';
import type { ConnectionOptions } from './options.ts';

interface Actions {
  ping(): void;
  dead(): void;
}

export class Keepalive {
  private readonly options: ConnectionOptions;
  private readonly actions: Actions;
  private timer: Timer | undefined;
  private heardSince = false;
  private waiting = false;

  constructor(options: ConnectionOptions, actions: Actions) {
    this.options = options;
    this.actions = actions;
    if (options.keepaliveIntervalMs > 0) this.wait(options.keepaliveIntervalMs);
  }

  /** The client sent something. */
  heard(): void {
    this.heardSince = true;
  }

  stop(): void {
    this.timer?.cancel();
  }

  private wait(delayMs: number): void {
    this.timer = this.options.clock.after(delayMs, () => this.fired());
  }

  private fired(): void {
    if (this.heardSince) {
      this.heardSince = false;
      this.waiting = false;
      this.wait(this.options.keepaliveIntervalMs);
    } else if (this.waiting) {
      this.actions.dead();
    } else {
      this.waiting = true;
      this.actions.ping();
      this.wait(this.options.keepaliveTimeoutMs > 0 ? this.options.keepaliveTimeoutMs : 20_000);
    }
  }
}
