// Transcripts of the store: commands and what they put out. They run on MvccStore in the tests and on a real etcd in
// test/transcripts, so the expected output is etcd's own.
//
//   put KEY VALUE [lease=N] | del KEY [END] | range KEY [END] [rev=N] [limit=N] [count] [keys]
//   txn (with put and del lines below) | compact REV | hashkv [REV] | events FROM | lease N | reopen
//
// END is the exclusive end of the range, or * for no end.
import { assert, latin1FromBytes, utf8FromText } from '../../../base/index.ts';
import { EventType } from '../../../wire/gen/kv.ts';
import type { Event, KeyValue } from '../../../wire/gen/kv.ts';

export interface Write {
  readonly key: Uint8Array;
  /** Absent in a deletion. */
  readonly value?: Uint8Array;
  readonly lease: bigint;
  readonly rangeEnd: Uint8Array | undefined;
}

export interface Read {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array | undefined;
  readonly revision: number;
  readonly limit: number;
  readonly countOnly: boolean;
  readonly keysOnly: boolean;
}

/** What a transcript is run on. Errors are thrown with etcd's text as message. */
export interface TranscriptTarget {
  /** One transaction; answers the number of keys that each write deleted (0 for a put). */
  write(writes: readonly Write[]): Promise<{ revision: number; deleted: number[] }>;
  range(read: Read): Promise<{ kvs: KeyValue[]; count: number; revision: number }>;
  /** Resolves after the physical compaction. */
  compact(revision: number): Promise<void>;
  hashKv(
    revision: number,
  ): Promise<{ hash: number; compactRevision: number; revision: number; currentRevision: number }>;
  /** All events from a revision on, with prevKv. */
  events(from: number): Promise<Event[]>;
  grant(lease: bigint): Promise<void>;
  reopen(): Promise<void>;
}

/** Runs a transcript and returns it with the output that its commands gave. */
export async function runTranscript(text: string, target: TranscriptTarget): Promise<string> {
  let out = '';
  for (const block of text.trimEnd().split(/\n\n+/)) {
    const [source = '', ...rest] = block.split(/^----$/m);
    const lines = source.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    if (lines.length === 0) {
      assert(rest.length === 0, 'a block with output has a command');
      out += `${block}\n\n`;
      continue;
    }
    out += `${source}----\n${await output(lines, target)}\n\n`;
  }
  return out.replace(/\n\n$/, '\n');
}

async function output(lines: readonly string[], target: TranscriptTarget): Promise<string> {
  try {
    return await runCommand(lines, target);
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function runCommand(lines: readonly string[], target: TranscriptTarget): Promise<string> {
  const words = lines[0]!.split(' ');
  switch (words[0]) {
    case 'put':
    case 'del':
      return writeText(await target.write([parseWrite(words)]));
    case 'txn':
      return writeText(
        await target.write(lines.slice(1).map((l) => parseWrite(l.trim().split(' ')))),
      );
    case 'range':
      return rangeText(await target.range(parseRead(words)));
    case 'compact':
      await target.compact(Number(words[1]));
      return 'ok';
    case 'hashkv': {
      const hash = await target.hashKv(Number(words[1] ?? 0));
      return `hash ${hash.hash} of ${hash.revision} compacted ${hash.compactRevision}, revision ${hash.currentRevision}`;
    }
    case 'events':
      return (await target.events(Number(words[1]))).map(eventText).join('\n');
    case 'lease':
      await target.grant(BigInt(words[1]!));
      return 'ok';
    case 'reopen':
      await target.reopen();
      return 'ok';
    default:
      throw new Error(`unknown command ${words[0]}`);
  }
}

function parseWrite(words: readonly string[]): Write {
  const key = utf8FromText(words[1]!);
  const option = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.split('=')[1];
  if (words[0] === 'del') return { key, lease: 0n, rangeEnd: endOf(words[2]) };
  assert(words[0] === 'put', 'a transaction has put and del lines');
  const value = utf8FromText(words[2]!);
  return { key, value, lease: BigInt(option('lease') ?? 0), rangeEnd: undefined };
}

function parseRead(words: readonly string[]): Read {
  const number = (name: string) =>
    Number(words.find((word) => word.startsWith(`${name}=`))?.split('=')[1] ?? 0);
  const plain = words.filter((word) => !word.includes('='));
  const positional = plain.filter((word) => word !== 'count' && word !== 'keys');
  return {
    key: utf8FromText(positional[1]!),
    rangeEnd: endOf(positional[2]),
    revision: number('rev'),
    limit: number('limit'),
    countOnly: plain.includes('count'),
    keysOnly: plain.includes('keys'),
  };
}

function endOf(word: string | undefined): Uint8Array | undefined {
  if (word === undefined) return undefined;
  return word === '*' ? Uint8Array.of(0) : utf8FromText(word);
}

function writeText(result: { revision: number; deleted: number[] }): string {
  const deleted = result.deleted.reduce((sum, one) => sum + one, 0);
  return deleted === 0
    ? `revision ${result.revision}`
    : `revision ${result.revision}, deleted ${deleted}`;
}

function rangeText(result: { kvs: KeyValue[]; count: number; revision: number }): string {
  return [...result.kvs.map(pairText), `count ${result.count}, revision ${result.revision}`].join(
    '\n',
  );
}

function pairText(kv: KeyValue): string {
  const lease = kv.lease === 0n ? '' : `, lease ${kv.lease}`;
  const revisions = `created ${kv.createRevision}, mod ${kv.modRevision}, version ${kv.version}`;
  return `${latin1FromBytes(kv.key)} = ${latin1FromBytes(kv.value)} (${revisions}${lease})`;
}

function eventText(event: Event): string {
  const previous = event.prevKv === undefined ? '' : ` after ${pairText(event.prevKv)}`;
  if (event.type === EventType.PUT) return `put ${pairText(event.kv!)}${previous}`;
  return `delete ${latin1FromBytes(event.kv!.key)} (mod ${event.kv!.modRevision})${previous}`;
}
