// Keys and options of get, put and del: on the command line, and in the lines of a transaction.
import type { DeleteOptions, KeySelector, PutOptions, RangeOptions } from '../../client/index.ts';
import { UsageError } from '../command-line/errors.ts';
import { boolFlag, textFlag, type FlagSpec, type Flags } from '../command-line/flags.ts';
import { PREFIX, PREV_KV, leaseIdOf } from './session.ts';

export const GET_FLAGS: readonly FlagSpec[] = [
  PREFIX,
  boolFlag('from-key', 'The key and all behind it.'),
  textFlag('rev', '0', 'Read at this revision.'),
  textFlag('limit', '0', 'At most this many keys.'),
  textFlag('order', '', 'ASCEND or DESCEND.'),
  textFlag('sort-by', '', 'CREATE, KEY, MODIFY, VALUE or VERSION.'),
  textFlag('consistency', 'l', 'l: linearizable; s: serializable.'),
  boolFlag('keys-only', 'Only the keys.'),
  boolFlag('count-only', 'Only how many there are.'),
  boolFlag('print-value-only', 'Only the values.'),
  textFlag('min-create-rev', '0', 'Only keys created at this revision or later.'),
  textFlag('max-create-rev', '0', 'Only keys created at this revision or before.'),
  textFlag('min-mod-rev', '0', 'Only keys changed last at this revision or later.'),
  textFlag('max-mod-rev', '0', 'Only keys changed last at this revision or before.'),
];

export const PUT_FLAGS: readonly FlagSpec[] = [
  textFlag('lease', '0', 'Lease to attach the key to, in hex.'),
  PREV_KV,
  boolFlag('ignore-value', 'Keep the value.'),
  boolFlag('ignore-lease', 'Keep the lease.'),
];

export const DELETE_FLAGS: readonly FlagSpec[] = [
  PREFIX,
  PREV_KV,
  boolFlag('from-key', 'The key and all behind it.'),
  boolFlag('range', 'Delete a range: accepted for compatibility.'),
];

const SORT_BY = {
  CREATE: 'create',
  KEY: 'key',
  MODIFY: 'mod',
  VALUE: 'value',
  VERSION: 'version',
} as const;

export function getRequest(
  args: readonly string[],
  flags: Flags,
): { key: string; options: RangeOptions } {
  const { key, selector } = keysOf('get', args, flags);
  const sort = sortOf(flags);
  const options: RangeOptions = {
    ...selector,
    revision: flags.number('rev'),
    limit: flags.number('limit'),
    serializable: flags.choice('consistency', ['l', 's']) === 's',
    keysOnly: flags.bool('keys-only'),
    countOnly: flags.bool('count-only'),
    minCreateRevision: flags.number('min-create-rev'),
    maxCreateRevision: flags.number('max-create-rev'),
    minModRevision: flags.number('min-mod-rev'),
    maxModRevision: flags.number('max-mod-rev'),
    ...(sort === undefined ? {} : { sort }),
  };
  if (options.keysOnly === true && options.countOnly === true)
    throw new UsageError(
      '`--keys-only` and `--count-only` cannot be set at the same time, choose one',
    );
  return { key, options };
}

function sortOf(flags: Flags): RangeOptions['sort'] {
  const order = flags.choice('order', ['', 'ASCEND', 'DESCEND']);
  const by = flags.choice('sort-by', ['', 'CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION']);
  if (order === '' && by === '') return undefined;
  return {
    by: by === '' ? 'key' : SORT_BY[by],
    order: order === 'DESCEND' ? 'descend' : 'ascend',
  };
}

/** @param standardInput reads the value when it is not on the line */
export async function putRequest(
  args: readonly string[],
  flags: Flags,
  standardInput: () => Promise<Uint8Array>,
): Promise<{ key: string; value: string | Uint8Array; options: PutOptions }> {
  const [key, given, ...more] = args;
  const ignoreValue = flags.bool('ignore-value');
  if (key === undefined || more.length > 0 || (ignoreValue && given !== undefined)) {
    throw new UsageError(
      'put command needs 1 argument and input from stdin or 2 arguments; with --ignore-value, the key alone',
    );
  }
  const options: PutOptions = {
    lease: leaseIdOf(flags.text('lease')),
    prevKv: flags.bool('prev-kv'),
    ignoreValue,
    ignoreLease: flags.bool('ignore-lease'),
  };
  return { key, value: ignoreValue ? '' : (given ?? (await standardInput())), options };
}

export function deleteRequest(
  args: readonly string[],
  flags: Flags,
): { key: string; options: DeleteOptions } {
  const { key, selector } = keysOf('del', args, flags);
  return { key, options: { ...selector, prevKv: flags.bool('prev-kv') } };
}

function keysOf(
  command: string,
  args: readonly string[],
  flags: Flags,
): { key: string; selector: KeySelector } {
  const [key, rangeEnd, ...more] = args;
  if (key === undefined || more.length > 0) {
    throw new UsageError(
      `${command} command needs one argument as key and an optional argument as range_end`,
    );
  }
  const prefix = flags.bool('prefix');
  const fromKey = flags.bool('from-key');
  if (prefix && fromKey)
    throw new UsageError('`--prefix` and `--from-key` cannot be set at the same time, choose one');
  if ((prefix || fromKey) && rangeEnd !== undefined)
    throw new UsageError(
      'too many arguments, only accept one argument when `--prefix` or `--from-key` is set',
    );
  if (rangeEnd !== undefined) return { key, selector: { rangeEnd } };
  return { key, selector: prefix ? { prefix } : fromKey ? { fromKey } : {} };
}
