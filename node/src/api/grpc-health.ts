// grpc.health.v1: whether the server answers (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
import { GrpcStatus, StatusError } from '../base/index.ts';
import { HealthService, ServingStatus } from '../wire/gen/health.ts';
import type { DefragmentationListener } from './maintenance.ts';
import { serverStream, unary, type Registration } from './registration.ts';

/** The status of the server as a whole, and its watchers. */
export class HealthStatus implements DefragmentationListener {
  private serving = true;
  private readonly watchers = new Set<() => void>();
  private readonly stopsOnDefragmentation: boolean;

  /** @param stopsOnDefragmentation feature gate StopGRPCServiceOnDefrag */
  constructor(stopsOnDefragmentation: boolean) {
    this.stopsOnDefragmentation = stopsOnDefragmentation;
  }

  get status(): number {
    return this.serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  set(serving: boolean): void {
    if (serving === this.serving) return;
    this.serving = serving;
    for (const watcher of this.watchers) watcher();
  }

  started(): void {
    if (this.stopsOnDefragmentation) this.set(false);
  }

  finished(): void {
    this.set(true);
  }

  /** Returns a function that ends the watch. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }
}

export function healthService(health: HealthStatus): Registration[] {
  return [
    unary(HealthService.check, ({ service }) => {
      if (service !== '') throw new StatusError(GrpcStatus.NotFound, 'unknown service');
      return { status: health.status };
    }),
    serverStream(HealthService.watch, async ({ service }, call, responses) => {
      const send = () =>
        responses.send({ status: service === '' ? health.status : ServingStatus.SERVICE_UNKNOWN });
      send();
      const stop = health.watch(send);
      await new Promise<void>((resolve) => call.onCancel(resolve));
      stop();
    }),
  ];
}
