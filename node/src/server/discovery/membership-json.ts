// What members tell each other of the membership beside raft, as JSON. Ids are hex.
import { formatId, parseId } from '../../base/index.ts';
import type { ClusterMember } from '../../apply/index.ts';
import type { MembershipAnswer } from './situation.ts';

export const MEMBERSHIP_PATH = '/binnacle/membership';
export const ADD_PATH = '/binnacle/members/add';
export const REMOVE_PATH = '/binnacle/members/remove';

export function jsonFromAnswer(answer: MembershipAnswer): string {
  return JSON.stringify({
    ...answer,
    clusterId: formatId(answer.clusterId),
    leader: formatId(answer.leader),
    members: answer.members.map((member) => ({ ...member, id: formatId(member.id) })),
  });
}

/** @throws Error when the text is not such an answer */
export function answerFromJson(text: string): MembershipAnswer {
  const fields = objectFrom(text);
  const { members } = fields;
  if (!Array.isArray(members)) throw new Error('the answer has no members');
  return {
    clusterId: idFrom(fields['clusterId']),
    generation: numberFrom(fields['generation']),
    members: members.map(memberFrom),
    isConfirmed: fields['isConfirmed'] === true,
    isRemoved: fields['isRemoved'] === true,
    leader: idFrom(fields['leader']),
    commitIndex: numberFrom(fields['commitIndex']),
    appliedIndex: numberFrom(fields['appliedIndex']),
  };
}

/** @throws Error */
export function objectFrom(text: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) throw new Error('not a JSON object');
  return parsed as Record<string, unknown>; // any object can be read so
}

/** @throws Error */
export function idFrom(value: unknown): bigint {
  const id = typeof value === 'string' ? parseId(value) : undefined;
  if (id === undefined) throw new Error(`${JSON.stringify(value)} is not an id`);
  return id;
}

function numberFrom(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new Error(`${JSON.stringify(value)} is not a whole number`);
  return value;
}

function memberFrom(value: unknown): ClusterMember {
  const fields = objectFrom(JSON.stringify(value));
  return {
    id: idFrom(fields['id']),
    name: textFrom(fields['name'] ?? ''),
    peerUrls: textsFrom(fields['peerUrls']),
    clientUrls: textsFrom(fields['clientUrls']),
    isLearner: fields['isLearner'] === true,
  };
}

function textFrom(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is not a text`);
  return value;
}

/** @throws Error unless it is a list of strings */
export function textsFrom(value: unknown): string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Error(`${JSON.stringify(value)} is not a list of texts`);
}
