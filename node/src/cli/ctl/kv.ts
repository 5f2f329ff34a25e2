// get, put, del and compaction.
import { exactly, type Command } from '../command-line/commands.ts';
import { UsageError } from '../command-line/errors.ts';
import { boolFlag, type Flags } from '../command-line/flags.ts';
import { formatOf } from '../command-line/output.ts';
import {
  deleteJson,
  present,
  print,
  printDelete,
  printKeyValue,
  printPut,
  putJson,
  rangeJson,
} from './format.ts';
import {
  DELETE_FLAGS,
  GET_FLAGS,
  PUT_FLAGS,
  deleteRequest,
  getRequest,
  putRequest,
} from './requests.ts';
import { withClient } from './session.ts';
import { readInput } from './standard-input.ts';

export const KV_COMMANDS: readonly Command[] = [
  {
    name: 'get',
    parameters: '<key> [range_end]',
    summary: 'Gets the key or a range of keys',
    flags: GET_FLAGS,
    run: get,
  },
  {
    name: 'put',
    parameters: '<key> [value]',
    summary: 'Puts the key; the value can also come from standard input',
    flags: PUT_FLAGS,
    run: put,
  },
  {
    name: 'del',
    parameters: '<key> [range_end]',
    summary: 'Removes the key or a range of keys',
    flags: DELETE_FLAGS,
    run: del,
  },
  {
    name: 'compaction',
    parameters: '<revision>',
    summary: 'Forgets the history before a revision',
    flags: [boolFlag('physical', 'Wait until old revisions are removed from the file.')],
    run: compact,
  },
];

async function get(args: readonly string[], flags: Flags): Promise<void> {
  const { key, options } = getRequest(args, flags);
  const valueOnly = flags.bool('print-value-only');
  if (options.countOnly === true && formatOf(flags) !== 'json')
    throw new UsageError('--count-only is only for --write-out=json');
  const result = await withClient(flags, (client) => client.range(key, options));
  present(
    flags,
    () => rangeJson(result),
    () => {
      for (const kv of result.kvs) printKeyValue(kv, valueOnly);
    },
  );
}

async function put(args: readonly string[], flags: Flags): Promise<void> {
  const { key, value, options } = await putRequest(args, flags, readInput);
  const result = await withClient(flags, (client) => client.put(key, value, options));
  present(
    flags,
    () => putJson(result),
    () => printPut(result),
  );
}

async function del(args: readonly string[], flags: Flags): Promise<void> {
  const { key, options } = deleteRequest(args, flags);
  const result = await withClient(flags, (client) => client.delete(key, options));
  present(
    flags,
    () => deleteJson(result),
    () => printDelete(result),
  );
}

async function compact(args: readonly string[], flags: Flags): Promise<void> {
  const [text = ''] = exactly(args, 'compaction', '<revision>');
  if (!/^\d+$/.test(text)) throw new UsageError(`invalid revision ${JSON.stringify(text)}`);
  const revision = Number(text);
  await withClient(flags, (client) =>
    client.compact(revision, { physical: flags.bool('physical') }),
  );
  print(`compacted revision ${revision}\n`);
}
