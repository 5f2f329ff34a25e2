// `binnacle util wal dump`: the write-ahead log as JSON, a line an entry.
import { formatId, textFromUtf8 } from '../../base/index.ts';
import { Wal } from '../../storage/index.ts';
import { decode } from '../../wire/index.ts';
import { Metadata } from '../../wire/gen/etcdserver.ts';
import { ConfChange, EntryType, type Entry } from '../../wire/gen/raft.ts';
import { InternalRaftRequest } from '../../wire/gen/raft-internal.ts';
import { pathsOf, type Tool } from './world.ts';

/**
 * First what the log knows of itself, then its entries, from the oldest snapshot on that it reaches back to.
 * @throws WalCorruptError, WalMismatchError
 */
export async function* walLines(
  { world, logger }: Tool,
  dataDir: string,
  walDir: string,
): AsyncGenerator<string> {
  const folder = pathsOf(dataDir, walDir).walDir;
  if (!(await Wal.exists(world.disk, folder)))
    throw new Error(`${folder}: there is no write-ahead log`);
  const snapshots = await Wal.validSnapshots(world.disk, folder, logger);
  const from = snapshots[0] ?? { index: 0, term: 0 };
  const log = await Wal.read(world.disk, folder, from, logger);
  const { nodeId, clusterId } = decode(Metadata, log.metadata);
  const { term, vote, commit } = log.hardState;
  yield line({
    memberId: formatId(nodeId),
    clusterId: formatId(clusterId),
    hardState: { term, vote: formatId(vote), commit },
    snapshots: snapshots.map(({ index, term: snapshotTerm }) => ({ index, term: snapshotTerm })),
  });
  for (const entry of log.entries) yield line(described(entry));
}

function described({ index, term, type, data }: Entry): object {
  if (data.length === 0) return { index, term, type: 'empty' };
  if (type === EntryType.EntryNormal) {
    const request = decode(InternalRaftRequest, data);
    return { index, term, type: 'normal', request: readable(request) };
  }
  if (type === EntryType.EntryConfChange) {
    const { type: kind, nodeId, context } = decode(ConfChange, data);
    const change = { type: kind, nodeId: formatId(nodeId), context: textOf(context) };
    return { index, term, type: 'confChange', change };
  }
  return { index, term, type: 'confChangeV2', data: textOf(data) };
}

/** Without absent fields; ids in hex; bytes as text where they are text, else in base64. */
function readable(value: unknown): unknown {
  if (typeof value === 'bigint') return formatId(value);
  if (value instanceof Uint8Array) return textOf(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(
    ([name, field]) => field !== undefined && !(name === 'id' && field === 0n),
  );
  return Object.fromEntries(fields.map(([name, field]) => [name, readable(field)]));
}

function textOf(bytes: Uint8Array): unknown {
  const text = textFromUtf8(bytes);
  return text ?? { base64: Buffer.from(bytes).toString('base64') };
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;
