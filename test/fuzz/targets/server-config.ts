// The configuration of a member: command line, environment and YAML file end in a configuration that holds together, or in a
// ConfigError; durations, cluster lists and quantities are what Go makes of them.
import { ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { quantityBytes } from '../../../node/src/kubernetes/quantity.ts';
import { parseTlsSettings } from '../../../node/src/platform/tls-settings.ts';
import { buildConfig, parseInitialCluster } from '../../../node/src/server/config.ts';
import { durationMs } from '../../../node/src/server/duration.ts';
import { FLAG_SPECS, environmentName } from '../../../node/src/server/flag-specs.ts';
import {
  ConfigError,
  collectFlags,
  type FlagSource,
} from '../../../node/src/server/flag-values.ts';
import type { FuzzRandom } from '../engine/random.ts';
import type { Target } from '../engine/target.ts';
import { Parts, expectSame, expectThat } from './input.ts';

const folder = mkdtempSync(join(tmpdir(), 'binnacle-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const FILE = join(folder, 'etcd.yaml');
/** Kept open: a file that is made anew goes to the disk each time. */
const file = openSync(FILE, 'w');

const Kind = { Flags: 0, File: 1, Environment: 2, Duration: 3, Cluster: 4, Quantity: 5 } as const;

function run(input: Uint8Array): void {
  const parts = new Parts(input);
  const kind = parts.byte() % 6;
  const text = Buffer.from(parts.rest()).toString();
  const lines = text.split('\n');
  if (kind === Kind.Flags) checkFlags({ argv: lines, environment: {} });
  else if (kind === Kind.File) {
    const bytes = Buffer.from(text);
    writeSync(file, bytes, 0, bytes.length, 0);
    ftruncateSync(file, bytes.length);
    checkFlags({ argv: [`--config-file=${FILE}`], environment: {} });
  } else if (kind === Kind.Environment) {
    const environment = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)));
    checkFlags({ argv: [], environment });
  } else if (kind === Kind.Duration) checkDuration(text);
  else if (kind === Kind.Cluster) checkCluster(text);
  else checkQuantity(text);
}

/** What the work gives; undefined when it ends in a ConfigError. */
function configured<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function checkFlags(source: FlagSource): void {
  const isOwnFile = source.argv.some((one) => /^--?config-file/.test(one) && !one.includes(FILE));
  if (isOwnFile || source.environment['ETCD_CONFIG_FILE'] !== undefined) return;
  const values = configured(() => collectFlags(source));
  const config = values && configured(() => buildConfig(values));
  if (values === undefined || config === undefined) return;
  for (const [name, value] of Object.entries(config)) {
    expectThat(typeof value !== 'number' || Number.isFinite(value), `${name} is ${String(value)}`);
  }
  expectThat(config.electionTimeoutMs >= 5 * config.heartbeatIntervalMs, 'election timeout');
  configured(() => parseInitialCluster(config.initialCluster));
  checkTls(config.tlsMinVersion, config.tlsMaxVersion, config.cipherSuites);
  // The same as flags, one by one.
  const argv = [...values].map(([name, value]) => `--${name}=${value}`);
  const again = configured(() => buildConfig(collectFlags({ argv, environment: {} })));
  if (!values.has('config-file')) expectSame('as flags', again, config);
}

function checkTls(min: string, max: string, suites: readonly string[]): void {
  let settings: ReturnType<typeof parseTlsSettings>;
  try {
    settings = parseTlsSettings(min, max, suites);
  } catch (error) {
    if (error instanceof Error && error.name === 'Error') return;
    throw error;
  }
  expectThat(/^[\w:-]*$/.test(settings.ciphers ?? ''), `ciphers ${settings.ciphers}`);
}

/** Go's time.ParseDuration, but for what overflows. */
const DURATION = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

function checkDuration(text: string): void {
  const ms = durationMs(text);
  expectSame(`duration ${JSON.stringify(text)}`, ms !== undefined, DURATION.test(text));
  if (ms === undefined || !Number.isSafeInteger(Math.round(ms))) return;
  expectThat(!Number.isNaN(ms) && (text.startsWith('-') ? ms <= 0 : ms >= 0), `is ${ms}`);
}

function checkCluster(text: string): void {
  const members = configured(() => parseInitialCluster(text));
  if (members === undefined) return;
  const written = [...members].flatMap(([name, urls]) => urls.map((url) => `${name}=${url}`));
  expectSame('cluster', [...parseInitialCluster(written.join(','))], [...members]);
}

function checkQuantity(text: string): void {
  const bytes = quantityBytes(text);
  if (bytes !== undefined) expectThat(bytes >= 0, `quantity ${text} is ${bytes}`);
}

const lines = (kind: number, ...texts: string[]): Uint8Array =>
  concatBytes([Uint8Array.of(kind), Buffer.from(texts.join('\n'))]);

function seeds(): Uint8Array[] {
  const specs = FLAG_SPECS.map(({ name, fallback, kind }) => ({
    name,
    value: fallback || (kind === 'bool' ? 'true' : kind === 'duration' ? '5s' : 'x'),
  }));
  return [
    ...specs.map(({ name, value }) => lines(Kind.Flags, `--${name}=${value}`)),
    ...specs.map(({ name, value }) => lines(Kind.Environment, `${environmentName(name)}=${value}`)),
    ...specs.map(({ name, value }) => lines(Kind.File, `${name}: ${value}`)),
    lines(
      Kind.File,
      ...['name: a', 'client-transport-security:', '  cert-file: x', '  client-cert-auth: true'],
      ...['auto-compaction-retention: 1h', 'heartbeat-interval: 200', 'cors: [a, b]'],
    ),
    lines(Kind.File, 'a: &a [x]', 'b: &b [*a, *a]', 'c: &c [*b, *b]', 'name: *c'),
    ...['1h30m', '100ms', '-.5s', '0', '1µs', '1μs', '3.us'].map((text) =>
      lines(Kind.Duration, text),
    ),
    lines(Kind.Cluster, 'a=http://10.0.0.1:2380,b=https://[::1]:2380,a=http://c:1'),
    ...['8Gi', '1.5Ti', '1e9', '500m', '.5M'].map((text) => lines(Kind.Quantity, text)),
  ];
}

/** One flag for another, or a value for another. */
function mutateLines(input: Uint8Array, random: FuzzRandom): Uint8Array | undefined {
  const kind = input[0];
  if (kind === undefined || kind % 6 > Kind.Environment) return undefined;
  const texts = Buffer.from(input.subarray(1)).toString().split('\n');
  const { name, fallback } = random.pick(FLAG_SPECS);
  const value = random.pick([fallback, '', 'true', '0', '-1', '1e9', '99999999999', 'http://x:1']);
  const line = [`--${name}=${value}`, `${name}: ${value}`, `${environmentName(name)}=${value}`];
  texts.splice(random.below(texts.length + 1), random.below(2), line[kind % 6] ?? '');
  return concatBytes([input.subarray(0, 1), Buffer.from(texts.join('\n'))]);
}

export const target: Target = {
  name: 'server-config',
  run,
  seeds,
  maxBytes: 600,
  mutate: mutateLines,
  dictionary: ['&a', '*a', '!!', '? ', '- ', ': ', '|', '>', 'constructor', '__proto__', '.inf'],
};
