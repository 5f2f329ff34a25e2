// The port for kubelet's probes and for metrics, served from the first moment of the process: while a pod waits, it says here
// what for. None of the answers depends on other members, but readiness, which is for clients.
import type { Clock, Logger } from '../../base/index.ts';
import {
  RpcServer,
  type HttpHandler,
  type HttpRequest,
  type HttpResponder,
} from '../../rpc/index.ts';
import { DISCOVERY_PATH } from './peer-client.ts';
import { PROBE_PORT } from './pods.ts';

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' };
const GRACE_MS = 200;

export interface ProbeState {
  /** What the start waits for; undefined once the member runs. */
  readonly startProblem: string | undefined;
  /** Why clients are not to be sent here; undefined when they are. */
  readonly readyProblem: string | undefined;
  /** For other pods, which are about to decide: what the volume holds, while this one has not decided. */
  readonly undecided: 'empty' | 'holding' | undefined;
  /** Answers everything else, once the member runs. */
  readonly rest: HttpHandler | undefined;
}

export class ProbePort {
  private readonly server: RpcServer;
  private readonly state: () => ProbeState;

  constructor(clock: Clock, logger: Logger, state: () => ProbeState) {
    this.state = state;
    this.server = new RpcServer({
      clock,
      logger,
      maxRequestBytes: 0,
      http1: (request, responder) => this.serve(request, responder),
    });
  }

  async listen(host: string): Promise<void> {
    await this.server.listen({ host, port: PROBE_PORT, only: 'http' });
  }

  async close(): Promise<void> {
    await this.server.close({ graceMs: GRACE_MS });
  }

  private async serve(request: HttpRequest, responder: HttpResponder): Promise<void> {
    const { startProblem, readyProblem, undecided, rest } = this.state();
    const [path = ''] = request.url.split('?', 1);
    const say = (problem: string | undefined): void => {
      responder.respond(problem === undefined ? 200 : 503, TEXT, `${problem ?? 'ok'}\n`);
    };
    // That this is answered at all is what it says.
    if (path === '/probe/live') say(undefined);
    else if (path === '/probe/startup') say(startProblem);
    else if (path === '/probe/ready') say(startProblem ?? readyProblem);
    else if (path === DISCOVERY_PATH) {
      const body = JSON.stringify({ state: undecided ?? 'decided' });
      responder.respond(200, { 'Content-Type': 'application/json' }, `${body}\n`);
    } else if (rest !== undefined) await rest(request, responder);
    else responder.respond(503, TEXT, `${startProblem ?? 'the member is starting'}\n`);
  }
}
