// An answer that a unary handler gives later without a promise: it goes out in the turn in which it is known.
import { present } from '../../base/assert.ts';

/** Returned by a handler in place of an answer or a promise. Settles once, and not before the handler has returned. */
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
