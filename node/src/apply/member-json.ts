// Members as etcd writes them in JSON: in the backend, in configuration changes and on the peers' HTTP port.
// Ids are 64-bit JSON numbers, which JSON.parse would round; the reviver reads their digits instead.
import { EtcdError, textFromUtf8, utf8FromText, type MemberId } from '../base/index.ts';

export interface ClusterMember {
  readonly id: MemberId;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
  /** Empty until the member has started and published itself. */
  readonly name: string;
  readonly clientUrls: readonly string[];
}

/** What travels in a configuration change that adds or promotes a member. */
export interface MemberChange {
  readonly member: ClusterMember;
  readonly isPromote: boolean;
}

export function isStarted(member: ClusterMember): boolean {
  return member.name !== '';
}

export function jsonFromMember(member: ClusterMember): string {
  return `{${memberFields(member)}}`;
}

export function jsonFromMemberChange(change: MemberChange): string {
  return `{${memberFields(change.member)},"isPromote":${change.isPromote}}`;
}

export function jsonFromMembers(members: readonly ClusterMember[]): string {
  return `[${members.map(jsonFromMember).join(',')}]`;
}

function memberFields(member: ClusterMember): string {
  const fields = [`"id":${member.id}`, `"peerURLs":${JSON.stringify(member.peerUrls)}`];
  if (member.isLearner) fields.push('"isLearner":true');
  if (member.name !== '') fields.push(`"name":${JSON.stringify(member.name)}`);
  if (member.clientUrls.length > 0)
    fields.push(`"clientURLs":${JSON.stringify(member.clientUrls)}`);
  return fields.join(',');
}

/** @throws Error when the text is not a member */
export function memberFromJson(text: string): ClusterMember {
  return memberFromObject(parseJson(text));
}

/** @throws Error when the text is not a list of members */
export function membersFromJson(text: string): ClusterMember[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw new Error('not a list of members');
  return list.map(memberFromObject);
}

/** @throws Error when the bytes are not such a change */
export function memberChangeFromBytes(bytes: Uint8Array): MemberChange {
  const object = parseJson(textFromUtf8(bytes) ?? '');
  const isPromote = isObject(object) && object['isPromote'] === true;
  return { member: memberFromObject(object), isPromote };
}

export function bytesFromMemberChange(change: MemberChange): Uint8Array {
  return utf8FromText(jsonFromMemberChange(change));
}

/** JSON.parse with every integer that a number cannot hold as a bigint. */
function parseJson(text: string): unknown {
  // The third argument of a reviver (ECMAScript's source text access) is not in TypeScript's library yet.
  const reviver = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    const source = context?.source;
    if (typeof value === 'number' && source !== undefined && /^\d+$/.test(source))
      return BigInt(source);
    return value;
  };
  return JSON.parse(text, reviver);
}

function memberFromObject(object: unknown): ClusterMember {
  if (!isObject(object)) throw new Error('not a member');
  const id = object['id'] ?? 0n;
  if (typeof id !== 'bigint') throw new Error('member without an id');
  return {
    id,
    peerUrls: stringsOf(object['peerURLs']),
    isLearner: object['isLearner'] === true,
    name: typeof object['name'] === 'string' ? object['name'] : '',
    clientUrls: stringsOf(object['clientURLs']),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The members' answer to a promotion over the peer port carries etcd's text; this is the error it names. */
export function promotionError(text: string): EtcdError | undefined {
  if (text.includes('can only promote a learner member which is in sync')) {
    return new EtcdError('LearnerNotReady');
  }
  if (text.includes('can only promote a learner member')) return new EtcdError('MemberNotLearner');
  if (text.includes('ID not found') || text.includes('member not found')) {
    return new EtcdError('MemberNotFound');
  }
  return undefined;
}
