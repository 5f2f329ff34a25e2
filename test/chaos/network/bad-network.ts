// Members in network namespaces of their own, joined by links that the test makes bad: native/bad-network.c carries the
// frames. Clients are in the machine's own namespace. Nothing is left when the process ends, however it does.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { createInterface } from 'node:readline';
import type { ClusterOptions } from '../../integration/support/cluster.ts';
import { compile, noCompiler } from '../native/compile.ts';

/** Where a link begins or ends: a member's index, or the side of the clients. */
export type Side = number | 'clients';

/** One direction of a link. Chances from 0 to 1. */
export interface LinkRules {
  readonly delayMs?: number;
  /** Up to so much more; frames keep their order. */
  readonly jitterMs?: number;
  readonly loss?: number;
  readonly duplicate?: number;
  /** Overtakes the frames that are delayed. */
  readonly reorder?: number;
  /** One bit is flipped. */
  readonly corrupt?: number;
}

export interface NetworkStats {
  readonly carried: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly corrupted: number;
  readonly delayed: number;
}

const ALL_LOST: LinkRules = { loss: 1 };
const NETWORKS = 250;

/** Why there can't be one here; undefined when there can. */
export function noBadNetwork(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/dev/net/tun')) return 'no /dev/net/tun';
  if (spawnSync('nsenter', ['--version']).status !== 0)
    return 'no nsenter: apt-get install util-linux';
  const reason = noCompiler();
  if (reason !== undefined) return reason;
  using program = compile('bad-network');
  const { status, stderr } = spawnSync(program.path, ['1', freePrefix(), '1'], {
    input: '',
  });
  return status === 0 ? undefined : stderr?.toString().trim();
}

/** Why rates can't be limited. */
export function noTrafficControl(): string | undefined {
  return spawnSync('tc', ['-V']).status === 0 ? undefined : 'no tc: apt-get install iproute2';
}

export class BadNetwork {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #prefix: string;
  readonly #namespaces: readonly string[];
  readonly members: number;

  private constructor(
    child: ChildProcess,
    answers: AsyncIterator<string>,
    prefix: string,
    namespaces: readonly string[],
  ) {
    this.#child = child;
    this.#answers = answers;
    this.#prefix = prefix;
    this.#namespaces = namespaces;
    this.members = namespaces.length;
  }

  static async start(members: number, seed: number): Promise<BadNetwork> {
    const prefix = freePrefix();
    using program = compile('bad-network');
    const child = spawn(program.path, [String(seed), prefix, String(members)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => {}); // it ended: the missing answer says so
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await answers.next();
    if (done === true) throw new Error('no network');
    const descriptors = value.split(' ').slice(1);
    const namespaces = descriptors.map((descriptor) => `/proc/${child.pid}/fd/${descriptor}`);
    return new BadNetwork(child, answers, prefix, namespaces);
  }

  readonly place: NonNullable<ClusterOptions['place']> = (index) => ({
    address: `${this.#prefix}.${index + 1}`,
    launch: () => ({ command: this.#enter(index) }),
  });

  /** What goes from one side to the other from now on. */
  async link(from: Side, to: Side, rules: LinkRules = {}): Promise<void> {
    const { delayMs = 0, jitterMs = 0, loss = 0, duplicate = 0, reorder = 0, corrupt = 0 } = rules;
    const times = [delayMs, jitterMs].map((ms) => Math.round(ms * 1000));
    const chances = [loss, duplicate, reorder, corrupt].map((one) => Math.round(one * 1e6));
    await this.#command(`link ${[portOf(from), portOf(to), ...times, ...chances].join(' ')}`);
  }

  /** Nothing goes from one side to the other; the way back is as it was. */
  async cut(from: Side, to: Side): Promise<void> {
    await this.link(from, to, ALL_LOST);
  }

  /** Nothing goes between members of different groups, either way. Clients reach all. */
  async partition(groups: readonly (readonly number[])[]): Promise<void> {
    for (const group of groups) {
      for (const other of groups) {
        if (other === group) continue;
        for (const from of group) for (const to of other) await this.cut(from, to);
      }
    }
  }

  /** Sets every direction between members. */
  async between(rules: LinkRules): Promise<void> {
    for (const [from, to] of this.#pairs()) {
      if (from !== 'clients' && to !== 'clients') await this.link(from, to, rules);
    }
  }

  /** All links are good, all rates free. */
  async mend(): Promise<void> {
    for (const [from, to] of this.#pairs()) await this.link(from, to);
    for (let index = 0; index < this.members; index++) this.limitRate(index, undefined);
  }

  /** What a member sends goes through tc's token bucket of so many kbit/s. */
  limitRate(index: number, kbits: number | undefined): void {
    if (noTrafficControl() !== undefined) return;
    const limit = ['tbf', 'rate', `${kbits}kbit`, 'burst', '16kb', 'latency', '400ms'];
    const change =
      kbits === undefined
        ? ['del', 'dev', 'eth0', 'root']
        : ['replace', 'dev', 'eth0', 'root', ...limit];
    const [file = '', ...args] = [...this.#enter(index), 'tc', 'qdisc', ...change];
    const { status, stderr } = spawnSync(file, args);
    if (status !== 0 && kbits !== undefined) throw new Error(`tc: ${stderr?.toString()}`);
  }

  /** Frames that had to wait for the token bucket since its rate was set. */
  heldBack(index: number): number {
    if (noTrafficControl() !== undefined) return 0;
    const [file = '', ...args] = [
      ...this.#enter(index),
      'tc',
      '-s',
      'qdisc',
      'show',
      'dev',
      'eth0',
    ];
    const { stdout } = spawnSync(file, args);
    return Number(/overlimits (\d+)/.exec(stdout?.toString() ?? '')?.[1] ?? 0);
  }

  async stats(): Promise<NetworkStats> {
    return JSON.parse(await this.#command('stats')) as NetworkStats; // of native/bad-network.c
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }

  #enter(index: number): string[] {
    return ['nsenter', `--net=${this.#namespaces[index]}`];
  }

  #pairs(): [Side, Side][] {
    const sides: Side[] = ['clients', ...this.#namespaces.keys()];
    return sides.flatMap((from) =>
      sides.filter((to) => to !== from).map((to): [Side, Side] => [from, to]),
    );
  }

  async #command(line: string): Promise<string> {
    this.#child.stdin?.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the network ended over: ${line}`);
    return value;
  }
}

function portOf(side: Side): number {
  return side === 'clients' ? 0 : side + 1;
}

/** Three bytes of a network that this machine has no address in and no route to. */
function freePrefix(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const routes = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1);
  const first = Math.floor(Math.random() * NETWORKS);
  for (let index = 0; index < NETWORKS; index++) {
    const third = (first + index) % NETWORKS;
    const number = ((10 << 24) | (250 << 16) | (third << 8)) >>> 0;
    const isUsed =
      addresses.some(({ address }) => address.startsWith(`10.250.${third}.`)) ||
      routes.some((line) => covers(line, number));
    if (!isUsed) return `10.250.${third}`;
  }
  throw new Error('no free network below 10.250.0.0/16');
}

/** A line of /proc/net/route: addresses as the hexadecimal words of a little-endian machine. */
function covers(line: string, network: number): boolean {
  const [, destination, , , , , , mask] = line.split('\t');
  if (destination === undefined || mask === undefined || Number.parseInt(mask, 16) === 0)
    return false;
  const word = (hex: string): number => Buffer.from(hex, 'hex').readUInt32LE();
  return (network & word(mask)) >>> 0 === word(destination);
}
