// `binnacle backup export`: keys as NDJSON, a line a key, for other tools.
import { textFromUtf8 } from '../base/index.ts';
import type { Client, KeyValue } from '../client/index.ts';

export interface ExportOptions {
  /** 0 is the present. */
  readonly revision: number;
  readonly prefix: string;
  /** The member to ask; undefined asks all in turn, with reads that a quorum confirms. */
  readonly endpoint?: string;
}

const PAGE_KEYS = 500;

/**
 * Lines, each with its line feed. A key or value that is UTF-8 stands as text (`key`, `value`), else in base64 (`keyBase64`,
 * `valueBase64`).
 * @throws EtcdError Compacted when the revision is gone, also while it is read
 */
export async function* exportLines(
  client: Client,
  { revision, prefix, endpoint }: ExportOptions,
): AsyncGenerator<string, void, undefined> {
  const keys = client.getAll(prefix, {
    prefix: true,
    revision,
    pageSize: PAGE_KEYS,
    timeoutMs: 60_000,
    ...(endpoint === undefined ? {} : { endpoint, serializable: true }),
  });
  for await (const kv of keys) yield lineOf(kv);
}

export function lineOf(
  kv: Pick<KeyValue, 'key' | 'value' | 'createRevision' | 'modRevision' | 'version' | 'lease'>,
): string {
  const line = {
    ...field('key', kv.key),
    ...field('value', kv.value),
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    ...(kv.lease === 0n ? {} : { lease: BigInt.asUintN(64, kv.lease).toString(16) }),
  };
  return `${JSON.stringify(line)}\n`;
}

function field(name: string, bytes: Uint8Array): Record<string, string> {
  const text = textFromUtf8(bytes);
  if (text !== undefined) return { [name]: text };
  return { [`${name}Base64`]: Buffer.from(bytes).toString('base64') };
}
