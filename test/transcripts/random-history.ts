// Prints the commands of a random history of the store, for a seed: `node random-history.ts 1 > …/testdata/random-1.txt`,
// then `node mvcc.ts --write` adds what etcd answers.

const seed = Number(process.argv[2] ?? 1);
const COMMANDS = 80;
const KEYS = ['a', 'a/1', 'a/2', 'b', 'b/longer-name', 'c', 'd', 'e'];

let state = seed;
/** Park and Miller's generator: below `bound`, the same on every machine. */
function below(bound: number): number {
  state = (state * 48_271) % 2_147_483_647;
  return state % bound;
}

const pick = () => KEYS[below(KEYS.length)]!;
const end = () => ['', ` ${pick()}`, ' *'][below(3)]!;
let revision = 1;
let compacted = 1;

function command(): string {
  const kind = below(20);
  if (kind < 8) return put();
  if (kind < 10) return `del ${pick()}${below(4) === 0 ? end() : ''}`;
  if (kind < 12) return txn();
  if (kind < 14) return `range ${pick()}${end()} rev=${somewhere()} limit=${below(4)}`;
  if (kind < 17) return `hashkv ${somewhere()}`;
  if (kind < 18) return `events ${Math.max(compacted, revision - below(6))}`;
  if (kind < 19 || revision < 20) return 'range a *';
  compacted = Math.max(compacted, revision - below(15));
  return below(3) === 0 ? 'reopen' : `compact ${compacted}`;
}

function put(): string {
  revision++;
  return `put ${pick()} ${below(1000)}`;
}

/** One write a key, as etcd's API demands it. */
function txn(): string {
  revision++;
  const keys = KEYS.filter(() => below(3) === 0);
  const writes = keys.map((key) =>
    below(3) === 0 ? `  del ${key}` : `  put ${key} ${below(1000)}`,
  );
  return ['txn', `  put first ${below(100)}`, ...writes].join('\n');
}

/** Mostly a revision that can be read. Deletions make the guess of the newest one too low, and that is fine. */
function somewhere(): number {
  return Math.max(1, compacted - 1 + below(revision - compacted + 3));
}

const blocks = Array.from({ length: COMMANDS }, () => `${command()}\n----\n`);
process.stdout.write(`# Made by test/transcripts/random-history.ts ${seed}\n${blocks.join('\n')}`);
