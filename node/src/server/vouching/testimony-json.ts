// A testimony on the wire between members: JSON on the peer port, at a path that etcd does not have.
import { formatId, parseId, type MemberId } from '../../base/index.ts';
import { jsonFromMembers, membersFromJson, type ClusterMember } from '../../apply/index.ts';
import type { Testimony } from '../../raft/index.ts';

/** Followed by the id, in hexadecimal, of the member that asks. */
export const TESTIMONY_PATH = '/binnacle/testimony/';

type EntryId = Testimony['last'];

/** What a member answers: its testimony, and whom else to ask. */
export interface Told {
  readonly testimony: Testimony;
  readonly members: readonly ClusterMember[];
}

export function jsonFromTold({ testimony, members }: Told): string {
  const { from, term, last, voters, appliedIndex, acknowledged } = testimony;
  return JSON.stringify({
    from: formatId(from),
    term,
    last,
    voters: voters.map(formatId),
    appliedIndex,
    acknowledged: acknowledged ?? null,
    // As text: ids in it are numbers that JSON.parse would round.
    members: jsonFromMembers(members),
  });
}

/** @throws Error that names what is wrong */
export function toldFromJson(text: string): Told {
  const parsed = objectFrom(JSON.parse(text));
  const { term, last, voters, appliedIndex, acknowledged, members } = parsed;
  if (!Array.isArray(voters)) throw new Error('testimony without voters');
  return {
    testimony: {
      from: idFrom(parsed['from']),
      term: counterFrom(term),
      last: entryFrom(last),
      voters: voters.map(idFrom),
      appliedIndex: counterFrom(appliedIndex),
      acknowledged: acknowledged === null ? undefined : entryFrom(acknowledged),
    },
    members: membersFromJson(typeof members === 'string' ? members : ''),
  };
}

function objectFrom(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('not a testimony');
  return { ...value };
}

function entryFrom(value: unknown): EntryId {
  const { term, index } = objectFrom(value);
  return { term: counterFrom(term), index: counterFrom(index) };
}

function counterFrom(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Error(`not a term or index: ${JSON.stringify(value)}`);
  }
  return value;
}

function idFrom(value: unknown): MemberId {
  const id = typeof value === 'string' ? parseId(value) : undefined;
  if (id === undefined || id === 0n) throw new Error(`not a member id: ${JSON.stringify(value)}`);
  return id;
}
