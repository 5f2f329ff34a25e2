// member add, list, promote, remove and update.
import { formatId } from '../../base/index.ts';
import type { MemberAddResult, MembersResult } from '../../client/index.ts';
import { exactly, type Command } from '../command-line/commands.ts';
import { UsageError } from '../command-line/errors.ts';
import { boolFlag, textFlag, type FlagSpec, type Flags } from '../command-line/flags.ts';
import { printRows } from '../command-line/output.ts';
import { headerJson, memberJson, present, print } from './format.ts';
import { memberIdOf, withClient } from './session.ts';

const PEER_URLS: FlagSpec = textFlag(
  'peer-urls',
  '',
  "The member's peer URLs, separated by commas.",
);

export const MEMBER_COMMANDS: readonly Command[] = [
  {
    name: 'member add',
    parameters: '<name>',
    summary: 'Adds a member; start it with what is printed',
    flags: [PEER_URLS, boolFlag('learner', 'Add it without a vote.')],
    run: add,
  },
  {
    name: 'member list',
    summary: 'Lists the members',
    flags: [textFlag('consistency', 'l', 'l: linearizable; s: serializable.')],
    run: list,
  },
  {
    name: 'member promote',
    parameters: '<memberID>',
    summary: 'Gives a learner its vote',
    run: promote,
  },
  {
    name: 'member remove',
    parameters: '<memberID>',
    summary: 'Removes a member for good',
    run: remove,
  },
  {
    name: 'member update',
    parameters: '<memberID>',
    summary: "Changes a member's peer URLs",
    flags: [PEER_URLS],
    run: update,
  },
];

async function add(args: readonly string[], flags: Flags): Promise<void> {
  const [name = ''] = exactly(args, 'member add', '<name>');
  const urls = peerUrls(flags);
  const isLearner = flags.bool('learner');
  const result = await withClient(flags, ({ cluster }) =>
    isLearner ? cluster.addLearner(urls) : cluster.add(urls),
  );
  present(
    flags,
    () => ({ ...membersJson(result), member: memberJson(result.member) }),
    () => printAdded(name, result),
  );
}

function printAdded(name: string, { member, members, header }: MemberAddResult): void {
  const asLearner = member.isLearner ? ' as learner ' : ' ';
  const cluster = members.flatMap((one) =>
    one.peerUrls.map((url) => `${one.id === member.id ? name : one.name}=${url}`),
  );
  print(
    [
      `Member ${formatId(member.id)} added${asLearner}to cluster ${formatId(header.clusterId)}`,
      '',
      `ETCD_NAME=${JSON.stringify(name)}`,
      `ETCD_INITIAL_CLUSTER=${JSON.stringify(cluster.join(','))}`,
      `ETCD_INITIAL_ADVERTISE_PEER_URLS=${JSON.stringify(member.peerUrls.join(','))}`,
      'ETCD_INITIAL_CLUSTER_STATE="existing"',
      '',
    ].join('\n'),
  );
}

async function list(args: readonly string[], flags: Flags): Promise<void> {
  exactly(args, 'member list');
  const serializable = flags.choice('consistency', ['l', 's']) === 's';
  const result = await withClient(flags, ({ cluster }) => cluster.list({ serializable }));
  printRows(flags, {
    headers: ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'],
    rows: result.members.map((member) => [
      formatId(member.id),
      member.name === '' ? 'unstarted' : 'started',
      member.name,
      member.peerUrls.join(','),
      member.clientUrls.join(','),
      String(member.isLearner),
    ]),
    json: membersJson(result),
  });
}

async function promote(args: readonly string[], flags: Flags): Promise<void> {
  const id = memberIdOf(exactly(args, 'member promote', '<memberID>')[0] ?? '');
  const result = await withClient(flags, ({ cluster }) => cluster.promote(id));
  tell(flags, id, 'promoted in', result);
}

async function remove(args: readonly string[], flags: Flags): Promise<void> {
  const id = memberIdOf(exactly(args, 'member remove', '<memberID>')[0] ?? '');
  const result = await withClient(flags, ({ cluster }) => cluster.remove(id));
  tell(flags, id, 'removed from', result);
}

async function update(args: readonly string[], flags: Flags): Promise<void> {
  const id = memberIdOf(exactly(args, 'member update', '<memberID>')[0] ?? '');
  const urls = peerUrls(flags);
  const result = await withClient(flags, ({ cluster }) => cluster.update(id, urls));
  tell(flags, id, 'updated in', result);
}

function tell(flags: Flags, id: bigint, what: string, result: MembersResult): void {
  present(
    flags,
    () => membersJson(result),
    () => print(`Member ${formatId(id)} ${what} cluster ${formatId(result.header.clusterId)}\n`),
  );
}

function membersJson({ header, members }: MembersResult): object {
  return { header: headerJson(header), members: members.map(memberJson) };
}

function peerUrls(flags: Flags): string[] {
  const urls = flags.list('peer-urls');
  if (urls.length === 0) throw new UsageError('member peer urls not provided');
  return urls;
}
