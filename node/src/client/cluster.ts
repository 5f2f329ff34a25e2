// The cluster's members, and changes to them.
import {
  ClusterService,
  MemberAddRequest,
  MemberListRequest,
  MemberPromoteRequest,
  MemberRemoveRequest,
  MemberUpdateRequest,
  type Member as WireMember,
} from '../wire/gen/rpc.ts';
import type { CallOptions } from './options.ts';
import { headerOf, type Header } from './results.ts';
import type { Transport } from './transport.ts';

export interface Member {
  readonly id: bigint;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  readonly peerUrls: string[];
  /** Empty until the member has started for the first time. */
  readonly clientUrls: string[];
  readonly isLearner: boolean;
}

/** The members there are now. */
export interface MembersResult {
  readonly header: Header;
  readonly members: Member[];
}

export interface MemberAddResult extends MembersResult {
  /** The new one. */
  readonly member: Member;
}

/** The Cluster service. Changes are never repeated by themselves once they may have been executed. */
export class ClusterClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All members; with `serializable` as the asked one knows them, without asking the leader. */
  async list(
    options: CallOptions & { readonly serializable?: boolean } = {},
  ): Promise<MembersResult> {
    const request = MemberListRequest.create({ linearizable: options.serializable !== true });
    const call = { ...options, retry: 'repeatable' } as const;
    return membersOf(await this.#transport.unary(ClusterService.memberList, request, call));
  }

  /**
   * Adds a voting member; start it afterwards with `--initial-cluster-state existing`.
   * @throws EtcdError PeerURLExist, MemberBadURLs, Unhealthy, MemberNotEnoughStarted
   */
  add(peerUrls: readonly string[], options: CallOptions = {}): Promise<MemberAddResult> {
    return this.#add(peerUrls, false, options);
  }

  /** Adds a member that follows without a vote until it is promoted. @throws EtcdError TooManyLearners and as `add` */
  addLearner(peerUrls: readonly string[], options: CallOptions = {}): Promise<MemberAddResult> {
    return this.#add(peerUrls, true, options);
  }

  /** Gives a learner its vote. @throws EtcdError LearnerNotReady until it has caught up, MemberNotLearner, MemberNotFound */
  async promote(id: bigint, options: CallOptions = {}): Promise<MembersResult> {
    const request = MemberPromoteRequest.create({ id });
    const call = { ...options, retry: 'once' } as const;
    return membersOf(await this.#transport.unary(ClusterService.memberPromote, request, call));
  }

  /** Changes the URLs under which the others reach a member. @throws EtcdError MemberNotFound, PeerURLExist */
  async update(
    id: bigint,
    peerUrls: readonly string[],
    options: CallOptions = {},
  ): Promise<MembersResult> {
    const request = MemberUpdateRequest.create({ id, peerUrls: [...peerUrls] });
    const call = { ...options, retry: 'once' } as const;
    return membersOf(await this.#transport.unary(ClusterService.memberUpdate, request, call));
  }

  /** Removes a member for good. @throws EtcdError MemberNotFound, Unhealthy, MemberNotEnoughStarted */
  async remove(id: bigint, options: CallOptions = {}): Promise<MembersResult> {
    const request = MemberRemoveRequest.create({ id });
    const call = { ...options, retry: 'once' } as const;
    return membersOf(await this.#transport.unary(ClusterService.memberRemove, request, call));
  }

  async #add(
    peerUrls: readonly string[],
    isLearner: boolean,
    options: CallOptions,
  ): Promise<MemberAddResult> {
    const request = MemberAddRequest.create({ peerUrls: [...peerUrls], isLearner });
    const call = { ...options, retry: 'once' } as const;
    const response = await this.#transport.unary(ClusterService.memberAdd, request, call);
    return { ...membersOf(response), member: response.member ?? NOBODY };
  }
}

const NOBODY: Member = { id: 0n, name: '', peerUrls: [], clientUrls: [], isLearner: false };

function membersOf(response: {
  header: Parameters<typeof headerOf>[0];
  members: WireMember[];
}): MembersResult {
  return { header: headerOf(response.header), members: response.members };
}
