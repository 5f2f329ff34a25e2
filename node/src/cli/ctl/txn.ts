// txn: three blocks of lines on standard input, each ended by an empty one: comparisons, what to do when all of them
// hold, and what to do else.
import {
  compare,
  op,
  type DeleteResult,
  type Op,
  type PutResult,
  type RangeResult,
  type Relation,
} from '../../client/index.ts';
import { exactly, type Command } from '../command-line/commands.ts';
import { UsageError } from '../command-line/errors.ts';
import { boolFlag, parseLine, type FlagSpec, type Flags } from '../command-line/flags.ts';
import {
  deleteJson,
  headerJson,
  present,
  print,
  printDelete,
  printKeyValue,
  printPut,
  putJson,
  rangeJson,
  sparse,
} from './format.ts';
import {
  DELETE_FLAGS,
  GET_FLAGS,
  PUT_FLAGS,
  deleteRequest,
  getRequest,
  putRequest,
} from './requests.ts';
import { leaseIdOf, withClient } from './session.ts';
import { readInput } from './standard-input.ts';

export const TXN_COMMANDS: readonly Command[] = [
  {
    name: 'txn',
    summary: 'Runs a transaction that is read from standard input',
    flags: [{ ...boolFlag('interactive', 'Ask for each of the three parts.'), short: 'i' }],
    run: txn,
  },
];

/** An operation, and how its result is printed. */
interface Step {
  readonly op: Op<Outcome>;
}

type Outcome =
  | { readonly kind: 'range'; readonly result: RangeResult }
  | { readonly kind: 'put'; readonly result: PutResult }
  | { readonly kind: 'delete'; readonly result: DeleteResult };

async function txn(args: readonly string[], flags: Flags): Promise<void> {
  exactly(args, 'txn');
  if (flags.bool('interactive')) {
    print('compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\n');
  }
  const [compares = [], success = [], failure = []] = blocksOf(
    Buffer.from(await readInput()).toString('utf8'),
  );
  const conditions = compares.map(parseCompare);
  const [thenDo, elseDo] = await Promise.all(
    [success, failure].map((lines) => Promise.all(lines.map(parseStep))),
  );
  const result = await withClient(flags, (client) =>
    client
      .txn()
      .if(...conditions)
      .thenDo(...(thenDo ?? []).map((step) => step.op))
      .elseDo(...(elseDo ?? []).map((step) => step.op))
      .commit(),
  );
  present(
    flags,
    () => ({
      header: headerJson(result.header),
      ...sparse({ succeeded: result.succeeded, responses: result.results.map(outcomeJson) }),
    }),
    () => {
      print(result.succeeded ? 'SUCCESS\n' : 'FAILURE\n');
      for (const outcome of result.results) {
        print('\n');
        printOutcome(outcome);
      }
    },
  );
}

function blocksOf(text: string): string[][] {
  const blocks: string[][] = [[]];
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks;
}

/** `mod("key") > "0"` */
function parseCompare(line: string) {
  const match = /^(\w+)\(("(?:[^"\\]|\\.)*")\)\s*(=|!=|<|>)\s*("(?:[^"\\]|\\.)*")$/.exec(line);
  if (match === null) throw new UsageError(`malformed comparison: ${line}`);
  const [, target = '', quotedKey = '', relation = '', quotedValue = ''] = match;
  const key = unquoted(quotedKey);
  const value = unquoted(quotedValue);
  const is = relation as Relation; // the pattern admits no other
  const number = (): number => {
    if (!/^-?\d+$/.test(value)) throw new UsageError(`invalid txn compare request: ${line}`);
    return Number(value);
  };
  switch (target) {
    case 'ver':
    case 'version':
      return compare.version(key, is, number());
    case 'c':
    case 'create':
      return compare.createRevision(key, is, number());
    case 'm':
    case 'mod':
      return compare.modRevision(key, is, number());
    case 'val':
    case 'value':
      return compare.value(key, is, value);
    case 'lease':
      return compare.lease(key, is, leaseIdOf(value));
    default:
      throw new UsageError(`malformed comparison: ${line} (unknown target ${target})`);
  }
}

async function parseStep(line: string): Promise<Step> {
  const [command = '', ...rest] = wordsOf(line);
  const parse = (specs: readonly FlagSpec[]) => parseLine(rest, specs);
  const noInput = () => Promise.reject(new UsageError(`invalid txn request: ${line}`));
  switch (command) {
    case 'get': {
      const { words, flags } = parse(GET_FLAGS);
      const { key, options } = getRequest(words, flags);
      return { op: tagged('range', op.get(key, options)) };
    }
    case 'put': {
      const { words, flags } = parse(PUT_FLAGS);
      const { key, value, options } = await putRequest(words, flags, noInput);
      return { op: tagged('put', op.put(key, value, options)) };
    }
    case 'del': {
      const { words, flags } = parse(DELETE_FLAGS);
      const { key, options } = deleteRequest(words, flags);
      return { op: tagged('delete', op.delete(key, options)) };
    }
    default:
      throw new UsageError(`invalid txn request: ${line}`);
  }
}

function tagged<Kind extends Outcome['kind'], Result>(
  kind: Kind,
  { request, read }: Op<Result>,
): Op<{ kind: Kind; result: Result }> {
  return { request, read: (response) => ({ kind, result: read(response) }) };
}

/** Words apart by spaces; quotes keep spaces together. */
function wordsOf(line: string): string[] {
  const words = line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*/g) ?? [];
  return words.map((word) => {
    if (word.startsWith('"')) return unquoted(word);
    return word.startsWith("'") ? word.slice(1, -1) : word;
  });
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw new UsageError(`malformed string: ${text}`);
  }
}

function outcomeJson(outcome: Outcome): object {
  switch (outcome.kind) {
    case 'range':
      return { Response: { response_range: rangeJson(outcome.result) } };
    case 'put':
      return { Response: { response_put: putJson(outcome.result) } };
    case 'delete':
      return { Response: { response_delete_range: deleteJson(outcome.result) } };
  }
}

function printOutcome(outcome: Outcome): void {
  switch (outcome.kind) {
    case 'range':
      for (const kv of outcome.result.kvs) printKeyValue(kv);
      return;
    case 'put':
      printPut(outcome.result);
      return;
    case 'delete':
      printDelete(outcome.result);
  }
}
