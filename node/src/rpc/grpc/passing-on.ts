// For handlers that pass calls on to somebody else.
import { present } from '../../base/assert.ts';

/** What calls offer besides CallContext. */
export interface Holding {
  /** `bytes` more of what the client sent are held by the handler, or fewer where negative. */
  hold(bytes: number): void;
}

/**
 * Returned by a unary handler in place of an answer or a promise: the answer goes out in the turn in which it is known.
 * Settles once, and not before the handler has returned.
 */
export class LateAnswer {
  private answered: ((response: unknown) => void) | undefined = undefined;
  private failed: ((error: unknown) => void) | undefined = undefined;

  /** Called by the server, at once when the handler has returned. */
  attach(answered: (response: unknown) => void, failed: (error: unknown) => void): void {
    this.answered = answered;
    this.failed = failed;
  }

  resolve(response: unknown): void {
    present(this.answered, 'the handler has returned')(response);
  }

  reject(error: unknown): void {
    present(this.failed, 'the handler has returned')(error);
  }
}
