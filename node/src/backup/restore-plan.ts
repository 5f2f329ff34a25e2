// A restore in place before it happens: who takes part, what is there, what would be lost.
import { formatId } from '../base/index.ts';
import type { ClusterAccess } from './access.ts';
import { BackupError, reasonOf } from './errors.ts';
import type { Manifest } from './manifest.ts';
import { PeerPort, type Survey } from './peer-port.ts';
import { contentMark, openClient, surveyMembers } from './source.ts';

export interface Participant {
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly port: PeerPort;
  readonly survey: Survey;
}

export interface RestorePlan {
  readonly cluster: string;
  readonly clusterId: string;
  readonly backup: Manifest;
  readonly participants: readonly Participant[];
  /** Members that do not answer, with the reason. */
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
  /** What there is now; keys are those of one member. */
  readonly now: { readonly revision: number; readonly keys: number };
  /** The least revision that the restored cluster has. */
  readonly revisionAfter: number;
  /** What each member adds to the newest revision of the backup. */
  readonly revisionBump: number;
  readonly generation: number;
}

export interface PlanOptions {
  /** Beyond the newest revision that any client may have seen; 0 keeps the backup's revisions. */
  readonly bump: number;
  /** A generation that is taken already: the record's. */
  readonly generationFloor: number;
  readonly allowAbsent: boolean;
}

/** Asks, and changes nothing. @throws BackupError Refused, Source */
export async function planRestore(
  access: ClusterAccess,
  backup: Manifest,
  { bump, generationFloor, allowAbsent }: PlanOptions,
): Promise<RestorePlan> {
  const { members, now } = await membersAndContent(access);
  const participants: Participant[] = [];
  const absent: { name: string; reason: string }[] = [];
  const surveys = await Promise.all(members.map((member) => surveyOf(member, access)));
  for (const [i, found] of surveys.entries()) {
    if (typeof found !== 'string') participants.push(found);
    else absent.push({ name: members[i]?.name ?? '', reason: found });
  }
  if (participants.length === 0) {
    throw new BackupError('Refused', `no member's peer port answers: ${absent[0]?.reason ?? ''}`);
  }
  if (absent.length > 0 && !allowAbsent) {
    const list = absent.map(({ name, reason }) => `${name} (${reason})`).join('; ');
    throw new BackupError(
      'Refused',
      `all members have to take part, but not here: ${list}. Bring them back, or remove them from the cluster first${access.kind === 'kubernetes' ? '; or add --allow-absent: they join the restored cluster anew when they come back' : ''}`,
    );
  }
  const clusterIds = new Set(participants.map(({ survey }) => survey.clusterId));
  if (clusterIds.size > 1) {
    throw new BackupError('Refused', `the members belong to ${clusterIds.size} different clusters`);
  }
  const newest = Math.max(now.revision, ...participants.map(({ survey }) => survey.revision));
  const held = backup.content.revision;
  const revisionBump = bump === 0 ? 0 : Math.max(newest - held, 0) + bump;
  return {
    cluster: access.name,
    clusterId: [...clusterIds][0] ?? '',
    backup,
    participants,
    absent,
    now: { ...now, revision: newest },
    revisionAfter: held + revisionBump,
    revisionBump,
    generation:
      1 + Math.max(generationFloor, ...participants.map(({ survey }) => survey.generation)),
  };
}

interface KnownMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

async function membersAndContent(
  access: ClusterAccess,
): Promise<{ members: KnownMember[]; now: { revision: number; keys: number } }> {
  const client = openClient(access);
  try {
    const answering = await surveyMembers(client);
    const first = answering.toSorted((a, b) => b.appliedIndex - a.appliedIndex)[0];
    if (first === undefined) throw new BackupError('Source', 'no member answers');
    const { endpoint } = first;
    // What a member knows itself: the cluster may have lost its quorum.
    const { members } = await client.cluster.list({ endpoint, serializable: true });
    const { revision, keys } = await contentMark(client, endpoint);
    const known = members.map(({ id, name, peerUrls }) => ({
      name: name || formatId(id),
      peerUrls,
    }));
    known.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { members: known, now: { revision, keys } };
  } finally {
    client.close();
  }
}

/** The member, or why it can't take part. */
async function surveyOf(
  { name, peerUrls }: KnownMember,
  access: ClusterAccess,
): Promise<Participant | string> {
  let reason = 'it has no peer URL';
  for (const url of peerUrls) {
    const port = new PeerPort(url, name, access);
    try {
      return { name, peerUrls, port, survey: await port.survey() };
    } catch (error) {
      reason = reasonOf(error);
    }
  }
  return reason;
}
