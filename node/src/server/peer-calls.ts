// What a member asks of others on their peer port, beside raft.
import {
  EtcdError,
  formatId,
  parseId,
  textFromUtf8,
  utf8FromText,
  type Clock,
  type ClusterId,
  type LeaseId,
  type MemberId,
} from '../base/index.ts';
import { promotionError, type ClusterMember } from '../apply/index.ts';
import { PeerLinks, createPeerAgent, peerGet, peerPost, type PeerTls } from '../peer/index.ts';
import { decode, encode } from '../wire/index.ts';
import { LeaseInternalRequest, LeaseInternalResponse } from '../wire/gen/lease.ts';
import {
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponse,
} from '../wire/gen/rpc.ts';
import { RENEWALS_PATH, bytesFromIds, ttlsFromBytes } from './renewal-body.ts';
import { TESTIMONY_PATH, toldFromJson } from './vouching/testimony-json.ts';
import type { Reply } from './vouching/vouching.ts';

const PROBE_TIMEOUT_MS = 1_500;
/** It led when it was asked, and leads no more. */
const NOT_LEADER = new EtcdError('NotLeader').message;

export interface PeerHash {
  readonly hash: number;
  readonly compactRevision: number;
  /** The peer's current revision. */
  readonly revision: number;
}

/** One request to a peer port. */
export interface PeerQuestion {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** It is asked so often that a connection of its own, without HTTP, is worth it. */
  readonly often?: boolean;
}

export interface PeerReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Carries requests to other members' peer ports. */
export interface PeerAsker {
  /** Any status resolves. @throws Error when there is no whole answer in time */
  ask(question: PeerQuestion): Promise<PeerReply>;
  /** Where to dial for a member's URLs, best first. */
  dialUrls(urls: readonly string[]): readonly string[];
  close(): void;
}

/** By HTTP, as the peer room does it. */
export function httpAsker(tls: PeerTls | undefined, clock: Clock): PeerAsker {
  const agent = createPeerAgent(tls);
  const links = new PeerLinks(agent, clock);
  return {
    ask({ method, url, path, headers, body, timeoutMs, often = false }) {
      if (often) {
        const answer = links.ask(url, path, body ?? new Uint8Array(0), timeoutMs);
        if (answer !== undefined) return answer.then((given) => ({ ...given, headers: {} }));
      }
      const options = { agent, timeoutMs, headers };
      if (method === 'GET')
        return peerGet(url, path, body === undefined ? options : { ...options, body });
      const type = headers['Content-Type'] ?? '';
      return peerPost(url, path, body ?? new Uint8Array(0), type, options);
    },
    dialUrls: (urls) => tls?.dialUrls?.(urls) ?? urls,
    close() {
      links.close();
      agent.close();
    },
  };
}

export class PeerCalls {
  private readonly asker: PeerAsker;
  private readonly timeoutMs: number;

  constructor(asker: PeerAsker, timeoutMs: number) {
    this.asker = asker;
    this.timeoutMs = timeoutMs;
  }

  close(): void {
    this.asker.close();
  }

  /** For bootstrap: GET a path of a member that may not be there. */
  async get(
    url: string,
    path: string,
  ): Promise<{ body: string; clusterId: ClusterId | undefined }> {
    const question = { method: 'GET', path, headers: {}, body: undefined } as const;
    const answer = await this.first([url], (dialed) =>
      this.asker.ask({ ...question, url: dialed, timeoutMs: PROBE_TIMEOUT_MS }),
    );
    if (answer.status !== 200)
      throw new Error(`${url}${path} answered ${answer.status}: ${textOf(answer)}`);
    return {
      body: textOf(answer),
      clusterId: parseId(String(answer.headers['x-etcd-cluster-id'] ?? '')),
    };
  }

  /** What a member says of `about`'s promises. @throws Error when it does not answer, or not yet */
  async testimony(member: ClusterMember, clusterId: ClusterId, about: MemberId): Promise<Reply> {
    const path = `${TESTIMONY_PATH}${formatId(about)}`;
    const question = { method: 'GET', path, headers: {}, body: undefined } as const;
    const answer = await this.first(member.peerUrls, (url) =>
      this.asker.ask({ ...question, url, timeoutMs: PROBE_TIMEOUT_MS }),
    );
    if (answer.status === 404) return { cannotTell: 'it is etcd, or an older version' };
    if (answer.status !== 200) throw new Error(`${answer.status}: ${textOf(answer)}`);
    const answering = String(answer.headers['x-etcd-cluster-id'] ?? '');
    if (parseId(answering) !== clusterId)
      return { cannotTell: `it is of another cluster, ${answering}` };
    return toldFromJson(textOf(answer));
  }

  /** `3.7.3`, or undefined when the member does not answer. */
  async serverVersion(peerUrls: readonly string[]): Promise<string | undefined> {
    for (const url of peerUrls) {
      try {
        const { body } = await this.get(url, '/version');
        const { etcdserver } = JSON.parse(body) as { etcdserver?: unknown }; // any other shape has no version
        if (typeof etcdserver === 'string') return etcdserver;
      } catch {
        continue; // the next URL may answer
      }
    }
    return undefined;
  }

  /** @throws EtcdError what the leader answered, or Unhealthy when it can't be reached */
  async promote(leader: ClusterMember, id: MemberId): Promise<void> {
    const path = `/members/promote/${id}`;
    const answer = await this.post(leader, path, new Uint8Array(0), 'application/json');
    if (answer.status === 200) return;
    const text = textOf(answer);
    if (answer.status === 404) throw new EtcdError('MemberNotFound');
    if (answer.status === 408) throw new EtcdError('Timeout');
    if (text.includes(NOT_LEADER)) throw new EtcdError('NotLeader');
    throw promotionError(text) ?? new Error(`member promote: unknown error(${text.trim()})`);
  }

  /** Seconds. @throws EtcdError LeaseNotFound; Error when the leader does not answer */
  async renewLease(leader: ClusterMember, id: LeaseId): Promise<number> {
    const body = encode(LeaseKeepAliveRequest, { id });
    const answer = await this.post(leader, '/leases', body, 'application/protobuf');
    if (answer.status === 404) throw new EtcdError('LeaseNotFound');
    if (answer.status !== 200)
      throw new Error(`lease renewal answered ${answer.status}: ${textOf(answer)}`);
    return decode(LeaseKeepAliveResponse, answer.body).ttl;
  }

  /**
   * What `renewal-body.ts` says of each of the leases, MAX_RENEWALS at most; undefined from a leader that takes only one a
   * request. @throws Error when the leader does not answer
   */
  async renewLeases(
    leader: ClusterMember,
    ids: readonly LeaseId[],
  ): Promise<readonly number[] | undefined> {
    const body = bytesFromIds(ids);
    const type = 'application/octet-stream';
    const answer = await this.post(leader, RENEWALS_PATH, body, type, true);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200)
      throw new Error(`lease renewals answered ${answer.status}: ${textOf(answer)}`);
    const ttls = ttlsFromBytes(answer.body);
    if (ttls.length !== ids.length)
      throw new Error(`${ids.length} lease renewals got ${ttls.length} answers`);
    return ttls;
  }

  /** @throws EtcdError LeaseNotFound; Error when the leader does not answer */
  async leaseTimeToLive(
    leader: ClusterMember,
    id: LeaseId,
    keys: boolean,
  ): Promise<LeaseTimeToLiveResponse> {
    const request = LeaseTimeToLiveRequest.create({ id, keys });
    const body = encode(LeaseInternalRequest, { leaseTimeToLiveRequest: request });
    const answer = await this.post(leader, '/leases/internal', body, 'application/protobuf');
    if (answer.status === 404) throw new EtcdError('LeaseNotFound');
    const response =
      answer.status === 200
        ? decode(LeaseInternalResponse, answer.body).leaseTimeToLiveResponse
        : undefined;
    if (response === undefined)
      throw new Error(`lease time to live answered ${answer.status}: ${textOf(answer)}`);
    return response;
  }

  /** HashKV of another member. @throws Error when it does not answer, or can't for this revision */
  async hashKv(member: ClusterMember, clusterId: ClusterId, revision: number): Promise<PeerHash> {
    const body = utf8FromText(JSON.stringify({ revision }));
    return this.first(member.peerUrls, async (url) => {
      const answer = await this.asker.ask({
        method: 'GET',
        url,
        path: '/members/hashkv',
        headers: { 'X-Etcd-Cluster-ID': formatId(clusterId), 'Content-Type': 'application/json' },
        body,
        timeoutMs: this.timeoutMs,
      });
      if (answer.status !== 200) throw new Error(textOf(answer).trim());
      return peerHashFrom(textOf(answer));
    });
  }

  private post(
    member: ClusterMember,
    path: string,
    body: Uint8Array,
    contentType: string,
    often = false,
  ): Promise<PeerReply> {
    const headers = { 'Content-Type': contentType };
    const { timeoutMs } = this;
    return this.first(member.peerUrls, (url) =>
      this.asker.ask({ method: 'POST', url, path, headers, body, timeoutMs, often }),
    );
  }

  /** What the first of the URLs answers. @throws what went wrong with the last one, Unhealthy when there is none */
  private async first<T>(urls: readonly string[], ask: (url: string) => Promise<T>): Promise<T> {
    let last: unknown = new EtcdError('Unhealthy');
    for (const url of this.asker.dialUrls(urls)) {
      try {
        return await ask(url);
      } catch (error) {
        last = error;
      }
    }
    throw last;
  }
}

function textOf(answer: PeerReply): string {
  return textFromUtf8(answer.body) ?? '';
}

function peerHashFrom(text: string): PeerHash {
  const parsed = JSON.parse(text) as Record<string, unknown>; // fields that are missing count as zero, as in protobuf
  const header = (parsed['header'] ?? {}) as Record<string, unknown>;
  return {
    hash: Number(parsed['hash'] ?? 0),
    compactRevision: Number(parsed['compact_revision'] ?? 0),
    revision: Number(header['revision'] ?? 0),
  };
}
