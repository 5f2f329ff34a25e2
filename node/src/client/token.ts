// The token that proves who a client is: fetched with user and password, kept until a server refuses it.
import { isEtcdError } from '../base/errors.ts';
import type { Method } from '../wire/codec.ts';
import { AuthService } from '../wire/gen/rpc.ts';
import type { ClientOptions } from './options.ts';

/** Makes a call that carries no token. */
export type PlainCall = <Req, Res>(
  method: Method<Req, Res>,
  request: Req,
  deadlineMs: number,
) => Promise<Res>;

export class TokenSource {
  readonly #user: string | undefined;
  readonly #password: string;
  readonly #fixed: string | undefined;
  readonly #call: PlainCall;
  /** The fetch under way or done; shared by all calls that need a token. */
  #fetched: Promise<string | undefined> | undefined;

  constructor(options: ClientOptions, call: PlainCall) {
    this.#fixed = options.token;
    this.#user = options.user;
    this.#password = options.password ?? '';
    this.#call = call;
  }

  /** False when calls go without a token. */
  get isUsed(): boolean {
    return this.#fixed !== undefined || this.#user !== undefined;
  }

  /** @throws EtcdError AuthFailed when user or password is wrong */
  current(deadlineMs: number): Promise<string | undefined> {
    if (this.#fixed !== undefined || this.#user === undefined) return Promise.resolve(this.#fixed);
    if (this.#fetched === undefined) {
      const fetched = this.#fetch(this.#user, deadlineMs);
      this.#fetched = fetched;
      fetched.catch(() => {
        if (this.#fetched === fetched) this.#fetched = undefined;
      });
    }
    return this.#fetched;
  }

  /**
   * Forgets the token. False when the next one would be the same, so that repeating a call is no use: it was given by
   * the user. Without any (a certificate's name is the user) a repetition meets the server's new state.
   */
  invalidate(): boolean {
    this.#fetched = undefined;
    return this.#fixed === undefined;
  }

  async #fetch(user: string, deadlineMs: number): Promise<string | undefined> {
    const { authenticate } = AuthService;
    const request = authenticate.request.create({ name: user, password: this.#password });
    try {
      const response = await this.#call(authenticate, request, deadlineMs);
      return response.token;
    } catch (error) {
      // Authentication may be switched on later; until then calls need no token.
      if (isEtcdError(error, 'AuthNotEnabled')) return undefined;
      throw error;
    }
  }
}
