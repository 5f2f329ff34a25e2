// The two streams between members and where they are served.
import { formatId, type MemberId } from '../base/ids.ts';

export const RAFT_PATH = '/raft';
export const PROBING_PATH = '/raft/probing';
export const SNAPSHOT_PATH = '/raft/snapshot';
export const STREAM_PREFIX = '/raft/stream/';

/** 'msgAppV2' carries a leader's MsgApp, 'message' everything else. */
export type StreamKind = 'msgAppV2' | 'message';

export const STREAM_NAMES: Record<StreamKind, string> = {
  msgAppV2: 'stream MsgApp v2',
  message: 'stream Message',
};

const SEGMENTS: Record<StreamKind, string> = { msgAppV2: 'msgapp', message: 'message' };

export function streamPath(kind: StreamKind, from: MemberId): string {
  return `${STREAM_PREFIX}${SEGMENTS[kind]}/${formatId(from)}`;
}

/** Kind and sender's id text of a stream's path; the kind is undefined when the path names none. */
export function parseStreamPath(path: string): { kind: StreamKind | undefined; from: string } {
  const [segment, from = '', ...rest] = path.slice(STREAM_PREFIX.length).split('/');
  const kind = segment === 'msgapp' ? 'msgAppV2' : segment === 'message' ? 'message' : undefined;
  return { kind: rest.length === 0 ? kind : undefined, from };
}
