/** The command line of `npm run bench`. */
import type { Workload } from './workload.ts';

export interface Options {
  readonly isShort: boolean;
  readonly rounds: number;
  readonly scale: number;
  readonly only: readonly string[];
  readonly members: readonly number[];
  readonly tls: readonly boolean[];
  readonly clients: readonly number[];
  readonly shouldRecord: boolean;
  readonly shouldWrite: boolean;
  readonly shouldList: boolean;
}

export const USAGE = `npm run bench -- [OPTION...]

  --short            the selection that CI runs, compared with results/recorded.json; one round
                     unless said otherwise or recorded
  --rounds N         how often both servers are measured (3)
  --scale X          X times the operations (1)
  --only NAME,…      workloads whose name begins with one of these, or whose group it is
  --members 1,3      clusters of so many members
  --tls off,on       plain, mTLS
  --clients 1,100    workloads with so many clients
  --record           writes the ratios of CPU to results/recorded.json, which CI compares with
  --write            writes results/latest.* though only a part is measured: the rest is kept. All of it: always written
  --list             prints the names and measures nothing`;

/** Reads the arguments. Throws an Error that names the options when one is not understood. */
export function parseOptions(args: readonly string[]): Options {
  const words = [...args];
  const options: Mutable<Options> = {
    ...{ isShort: false, rounds: NaN, scale: 1, only: [], members: [], tls: [], clients: [] },
    ...{ shouldRecord: false, shouldWrite: false, shouldList: false },
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [name = '', inline] = word.split(/=(.*)/s);
    const value = (): string => {
      const given = inline ?? words.shift();
      if (given === undefined || given === '' || given.startsWith('--')) {
        throw wrong(`${name} needs a value`);
      }
      return given;
    };
    if (inline !== undefined && FLAGS.has(name)) throw wrong(`${name} takes no value`);
    if (name === '--short') options.isShort = true;
    else if (name === '--record') options.shouldRecord = true;
    else if (name === '--write') options.shouldWrite = true;
    else if (name === '--list') options.shouldList = true;
    else if (name === '--rounds') options.rounds = wholeNumber(name, value());
    else if (name === '--scale') options.scale = positive(name, value());
    else if (name === '--only') options.only = value().split(',');
    else if (name === '--members') options.members = numbers(name, value(), [1, 3]);
    else if (name === '--clients') options.clients = numbers(name, value(), [1, 100, 1000]);
    else if (name === '--tls') options.tls = switches(name, value());
    else throw wrong(`there is no option ${word}`);
  }
  if (Number.isNaN(options.rounds))
    options.rounds = options.isShort && !options.shouldRecord ? 1 : 3;
  return options;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const FLAGS = new Set(['--short', '--record', '--write', '--list']);

/** The workloads that the options choose. Throws an Error when there is none. */
export function chosen(workloads: readonly Workload[], options: Options): Workload[] {
  const { only, members, tls, clients } = options;
  const unknown = only.find((name) => !workloads.some((workload) => isCalled(workload, name)));
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: there is no such workload or group; --list prints all`);
  }
  const found = workloads.filter(
    (workload) =>
      (only.length === 0 || only.some((name) => isCalled(workload, name))) &&
      (members.length === 0 || members.includes(workload.members)) &&
      (tls.length === 0 || tls.includes(workload.tls)) &&
      (clients.length === 0 || clients.includes(workload.clients ?? 0)) &&
      (!options.isShort || workload.short),
  );
  if (found.length === 0)
    throw new Error('no workload is left of --only, --members, --tls, --clients and --short');
  return found;
}

/** True when the options leave out nothing. */
export function isWhole({ isShort, only, members, tls, clients }: Options): boolean {
  return !isShort && [only, members, tls, clients].every((list) => list.length === 0);
}

function isCalled({ name, group }: Workload, wanted: string): boolean {
  return name === wanted || group === wanted || name.startsWith(`${wanted}-`);
}

function wrong(why: string): Error {
  return new Error(`${why}\n\n${USAGE}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw wrong(`${name} must be over 0, not ${text}`);
  return value;
}

function wholeNumber(name: string, text: string): number {
  const value = positive(name, text);
  if (!Number.isInteger(value)) throw wrong(`${name} must be a whole number, not ${text}`);
  return value;
}

function numbers(name: string, text: string, allowed: readonly number[]): number[] {
  return text.split(',').map((word) => {
    const value = Number(word);
    if (!allowed.includes(value)) throw wrong(`${name} takes ${allowed.join(',')}, not ${word}`);
    return value;
  });
}

function switches(name: string, text: string): boolean[] {
  return text.split(',').map((word) => {
    if (word !== 'on' && word !== 'off') throw wrong(`${name} takes off,on, not ${word}`);
    return word === 'on';
  });
}
