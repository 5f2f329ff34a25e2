// Asks other pods: members that run on their peer port, pods that have not decided yet on the port of their probes.
import {
  EtcdError,
  errorCodeFromText,
  formatId,
  textFromUtf8,
  utf8FromText,
  type MemberId,
} from '../../base/index.ts';
import {
  createPeerAgent,
  peerGet,
  peerPost,
  type PeerAgent,
  type PeerAnswer,
  type PeerTls,
} from '../../peer/index.ts';
import {
  ADD_PATH,
  MEMBERSHIP_PATH,
  REMOVE_PATH,
  answerFromJson,
  idFrom,
  objectFrom,
} from './membership-json.ts';
import type { Pods, Scheme } from './pods.ts';
import type { MembershipAnswer, PeerReport, PeerState } from './situation.ts';

/** More than a member takes to find out whether there is a quorum. */
const ASK_TIMEOUT_MS = 3_000;
const PROBE_TIMEOUT_MS = 1_000;
/** A change goes through raft, and may have to wait for another one. */
const CHANGE_TIMEOUT_MS = 10_000;

export const DISCOVERY_PATH = '/probe/discovery';

export class PeerClient {
  private readonly pods: Pods;
  private readonly tls: PeerTls | undefined;
  private readonly scheme: () => Scheme;
  private readonly agent: PeerAgent;

  constructor(pods: Pods, tls: PeerTls | undefined, scheme: () => Scheme) {
    this.pods = pods;
    this.tls = tls;
    this.scheme = scheme;
    this.agent = createPeerAgent(tls, PROBE_TIMEOUT_MS);
  }

  close(): void {
    this.agent.close();
  }

  /** All pods but this one, asked at the same time. `about` is the member whose removal is of interest. */
  async survey(replicas: number, about: MemberId | undefined): Promise<PeerReport[]> {
    const others = Array.from({ length: replicas }, (_, i) => i).filter(
      (i) => i !== this.pods.ordinal,
    );
    return Promise.all(
      others.map(async (ordinal) => ({
        name: this.pods.nameOf(ordinal),
        state: await this.stateOf(ordinal, about),
      })),
    );
  }

  /** What the member in a pod says. @throws Error when it does not answer */
  async membership(ordinal: number, about?: MemberId): Promise<MembershipAnswer> {
    const query = about === undefined ? '' : `?of=${formatId(about)}`;
    const answer = await this.reach(ordinal, (url) =>
      peerGet(url, `${MEMBERSHIP_PATH}${query}`, { agent: this.agent, timeoutMs: ASK_TIMEOUT_MS }),
    );
    return answerFromJson(bodyOf(answer));
  }

  /** Adds this pod as a learner. @throws EtcdError what the cluster refused it for; Error when nobody answers */
  async addSelf(
    through: number,
    peerUrl: string,
  ): Promise<{ id: MemberId; membership: MembershipAnswer }> {
    const answer = await this.change(through, ADD_PATH, { peerUrls: [peerUrl] });
    const fields = objectFrom(bodyOf(answer));
    return {
      id: idFrom(fields['id']),
      membership: answerFromJson(JSON.stringify(fields['membership'])),
    };
  }

  /** @throws EtcdError what the cluster refused it for; Error when nobody answers */
  async remove(through: number, id: MemberId): Promise<void> {
    bodyOf(await this.change(through, REMOVE_PATH, { id: formatId(id) }));
  }

  private async stateOf(ordinal: number, about: MemberId | undefined): Promise<PeerState> {
    try {
      return { kind: 'running', answer: await this.membership(ordinal, about) };
    } catch (error) {
      return (await this.undecidedState(ordinal)) ?? { kind: 'silent', reason: reasonOf(error) };
    }
  }

  /** What a pod says that has not started its member; undefined when it says nothing of the kind. */
  private async undecidedState(ordinal: number): Promise<PeerState | undefined> {
    try {
      const url = this.pods.probeUrlOf(ordinal);
      const answer = await peerGet(url, DISCOVERY_PATH, { timeoutMs: PROBE_TIMEOUT_MS });
      const { state } = objectFrom(bodyOf(answer));
      return state === 'empty' || state === 'holding' ? { kind: state } : undefined;
    } catch {
      return undefined;
    }
  }

  private change(ordinal: number, path: string, body: object): Promise<PeerAnswer> {
    const bytes = utf8FromText(JSON.stringify(body));
    return this.reach(ordinal, (url) =>
      peerPost(url, path, bytes, 'application/json', {
        agent: this.agent,
        timeoutMs: CHANGE_TIMEOUT_MS,
      }),
    );
  }

  /** Under both schemes where TLS is being switched on or off. */
  private async reach(
    ordinal: number,
    ask: (url: string) => Promise<PeerAnswer>,
  ): Promise<PeerAnswer> {
    const url = this.pods.peerUrlOf(ordinal, this.scheme());
    let last: unknown;
    for (const target of this.tls?.dialUrls?.([url]) ?? [url]) {
      try {
        return await ask(target);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }
}

/** The body of an answer that went well. @throws EtcdError, Error */
function bodyOf(answer: PeerAnswer): string {
  const text = textFromUtf8(answer.body) ?? '';
  if (answer.status === 200) return text;
  let message = text.trim();
  try {
    message = String(objectFrom(text)['message'] ?? message);
  } catch {
    // The text itself is the message.
  }
  const code = errorCodeFromText(message);
  throw code === undefined ? new Error(`status ${answer.status}: ${message}`) : new EtcdError(code);
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code; // anything may be thrown
  return code ?? (error instanceof Error ? error.message : String(error));
}
