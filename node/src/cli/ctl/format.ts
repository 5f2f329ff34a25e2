// What commands print: etcdctl's simple format, and its JSON, which is protobuf's with absent fields left out.
import type {
  DeleteResult,
  Header,
  KeyValue,
  Member,
  PutResult,
  RangeResult,
} from '../../client/index.ts';
import { formatOf, jsonText } from '../command-line/output.ts';
import type { Flags } from '../command-line/flags.ts';

export function print(text: string | Uint8Array): void {
  process.stdout.write(text);
}

/** Prints `json` with -w json, else what `simple` prints. */
export function present(flags: Flags, json: () => unknown, simple: () => void): void {
  if (formatOf(flags) === 'json') print(`${jsonText(json())}\n`);
  else simple();
}

/** Without fields that have their default value. */
export function sparse(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isDefault(value)));
}

function isDefault(value: unknown): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return [undefined, 0, 0n, '', false].some((one) => one === value);
}

export function headerJson(header: Header): object {
  return sparse({
    cluster_id: header.clusterId,
    member_id: header.memberId,
    revision: header.revision,
    raft_term: header.raftTerm,
  });
}

export function keyValueJson(kv: KeyValue): object {
  return sparse({
    key: kv.key,
    create_revision: kv.createRevision,
    mod_revision: kv.modRevision,
    version: kv.version,
    value: kv.value,
    lease: kv.lease,
  });
}

export function rangeJson(result: RangeResult): object {
  return {
    header: headerJson(result.header),
    ...sparse({ kvs: result.kvs.map(keyValueJson), more: result.more, count: result.count }),
  };
}

export function putJson(result: PutResult): object {
  const prevKv = result.prevKv && keyValueJson(result.prevKv);
  return { header: headerJson(result.header), ...sparse({ prev_kv: prevKv }) };
}

export function deleteJson(result: DeleteResult): object {
  const prevKvs = result.prevKvs.map(keyValueJson);
  return {
    header: headerJson(result.header),
    ...sparse({ deleted: result.deleted, prev_kvs: prevKvs }),
  };
}

export function memberJson(member: Member): object {
  return sparse({
    ID: member.id,
    name: member.name,
    peerURLs: member.peerUrls,
    clientURLs: member.clientUrls,
    isLearner: member.isLearner,
  });
}

/** The key and the value, a line each. */
export function printKeyValue(kv: KeyValue, valueOnly = false): void {
  const newline = Uint8Array.of(10);
  const parts = valueOnly ? [kv.value, newline] : [kv.key, newline, kv.value, newline];
  print(Buffer.concat(parts));
}

export function printPut({ prevKv }: PutResult): void {
  print('OK\n');
  if (prevKv !== undefined) printKeyValue(prevKv);
}

export function printDelete({ deleted, prevKvs }: DeleteResult): void {
  print(`${deleted}\n`);
  for (const kv of prevKvs) printKeyValue(kv);
}

/** A lease's id as etcdctl prints it. */
export function leaseText(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16).padStart(16, '0');
}
