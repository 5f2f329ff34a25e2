// What a member answers to other pods on its peer port: who the members are, and how to become one or cease to be one. The
// port lets in whom it lets in for raft, so nobody can do more here than raft's own messages could.
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  EtcdError,
  NO_MEMBER,
  formatId,
  parseId,
  textFromUtf8,
  type MemberId,
} from '../../base/index.ts';
import { answerJson, answerText, readBody, type PeerRoute } from '../../peer/index.ts';
import type { Member } from '../member.ts';
import {
  ADD_PATH,
  MEMBERSHIP_PATH,
  REMOVE_PATH,
  idFrom,
  jsonFromAnswer,
  objectFrom,
  textsFrom,
} from './membership-json.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** A quorum answers within a few heartbeats, or there is none to speak of. */
const CONFIRM_LIMIT_MS = 2_000;

export function memberRoutes(member: Member, generation: () => number): Record<string, PeerRoute> {
  const membership = async (about: MemberId | undefined): Promise<string> =>
    jsonFromAnswer({
      clusterId: member.membership.clusterId,
      generation: generation(),
      isConfirmed: await isConfirmed(member),
      members: member.membership.list(),
      isRemoved: about !== undefined && member.membership.isRemoved(about),
      leader: member.leader,
      commitIndex: member.raft().commitIndex,
      appliedIndex: member.raft().appliedIndex,
    });
  return {
    [MEMBERSHIP_PATH]: route('GET', async (request) => {
      const about = new URL(request.url ?? '', 'http://any').searchParams.get('of') ?? '';
      return membership(parseId(about));
    }),
    [ADD_PATH]: route('POST', async (request) => {
      const { peerUrls } = objectFrom(await textOf(request));
      const added = await member.addMember(textsFrom(peerUrls), true);
      return JSON.stringify({
        id: formatId(added.id),
        membership: JSON.parse(await membership(undefined)) as unknown,
      });
    }),
    [REMOVE_PATH]: route('POST', async (request) => {
      const { id } = objectFrom(await textOf(request));
      await member.removeMember(idFrom(id));
      return '{}';
    }),
  };
}

/** Whether what this member has applied is what the cluster has agreed on up to now. */
async function isConfirmed(member: Member): Promise<boolean> {
  if (member.leader === NO_MEMBER) return false;
  const confirmed = member.linearizableRead().then(
    () => true,
    () => false,
  );
  const late = new Promise<boolean>((resolve) => {
    member.world.clock.after(CONFIRM_LIMIT_MS, () => resolve(false));
  });
  return Promise.race([confirmed, late]);
}

function route(method: string, serve: (request: IncomingMessage) => Promise<string>): PeerRoute {
  return (request, response) => {
    if (request.method !== method) {
      answerText(response, 405, 'Method Not Allowed');
      return;
    }
    serve(request)
      .then((json) => answerJson(response, 200, JSON.parse(json)))
      .catch((error: unknown) => fail(response, error));
  };
}

function fail(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof EtcdError ? error.code : 'BadRequest';
  answerJson(response, error instanceof EtcdError ? 409 : 400, { code, message });
}

async function textOf(request: IncomingMessage): Promise<string> {
  return textFromUtf8(await readBody(request, MAX_BODY_BYTES)) ?? '';
}
