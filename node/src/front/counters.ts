// Ended calls of a front thread, counted in shared memory for whoever asks.
import { GrpcStatus } from '../base/errors.ts';

const STATUSES = Object.keys(GrpcStatus).length;

export class CallCounters {
  readonly memory: SharedArrayBuffer;
  private readonly numbers: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.numbers = new Float64Array(memory);
  }

  static for(methods: number): CallCounters {
    return new CallCounters(new SharedArrayBuffer(8 * methods * STATUSES));
  }

  /** A call of the method with this number ended. */
  count(method: number, status: GrpcStatus): void {
    const at = method * STATUSES + status;
    this.numbers[at] = (this.numbers[at] ?? 0) + 1;
  }

  /** Calls of a method that ended, by their status. */
  of(method: number): Float64Array {
    return this.numbers.subarray(method * STATUSES, (method + 1) * STATUSES);
  }
}
