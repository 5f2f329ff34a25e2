// Collects the values of flags from the command line, the environment or the configuration file. They stay text here;
// config.ts gives them types. Whatever is wrong ends in a ConfigError before anything is touched.
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { FLAG_BY_NAME, FLAG_SPECS, environmentName, type FlagSpec } from './flag-specs.ts';

/** The configuration cannot be used; the message says which part and what it should be. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** Flags that were set, as text. */
export type FlagValues = ReadonlyMap<string, string>;

export interface FlagSource {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The command line over the environment; or the configuration file alone, when there is one. */
export function collectFlags(source: FlagSource): FlagValues {
  const fromArgv = flagsFromArgv(source.argv);
  const configFile = fromArgv.get('config-file') ?? source.environment['ETCD_CONFIG_FILE'];
  if (configFile !== undefined && configFile !== '') {
    const values = flagsFromFile(configFile);
    for (const name of ['version', 'help']) {
      const value = fromArgv.get(name);
      if (value !== undefined) values.set(name, value);
    }
    return values;
  }
  const values = new Map<string, string>();
  for (const { name } of FLAG_SPECS) {
    const value = source.environment[environmentName(name)];
    if (value !== undefined && value !== '' && name !== 'version') values.set(name, value);
  }
  for (const [name, value] of fromArgv) values.set(name, value);
  return values;
}

/** Go's flag syntax: `-flag`, `--flag value`, `--flag=value`; a boolean takes its value only with `=`. */
function flagsFromArgv(argv: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(argument);
    if (match === null) throw new ConfigError(`${JSON.stringify(argument)} is not a valid flag`);
    const name = match[1] === 'h' ? 'help' : (match[1] ?? '');
    const spec = FLAG_BY_NAME.get(name);
    if (spec === undefined) {
      throw new ConfigError(`flag provided but not defined: -${name}${suggestion(name)}`);
    }
    let value = match[2];
    if (value === undefined && spec.kind === 'bool') value = 'true';
    if (value === undefined) {
      value = argv[++i];
      if (value === undefined) throw new ConfigError(`flag needs an argument: -${name}`);
    }
    values.set(name, value);
  }
  return values;
}

function suggestion(name: string): string {
  const near = FLAG_SPECS.find(
    (spec) => spec.name.startsWith(name) || distanceIsSmall(spec.name, name),
  );
  return near === undefined ? '; --help lists the flags' : `; did you mean --${near.name}?`;
}

/** True for names that differ in one letter that was added, dropped or changed, or in two that changed places. */
function distanceIsSmall(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const restA = a.slice(i);
  const restB = b.slice(i);
  const isSwapped = restA[0] === restB[1] && restA[1] === restB[0];
  if (isSwapped && restA.slice(2) === restB.slice(2)) return true;
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1);
}

/** Keys of `client-transport-security` and the flags they stand for; `peer-transport-security` has the same with `peer-`. */
const SECURITY_KEYS: ReadonlyMap<string, { client?: string; peer: string }> = new Map([
  ['cert-file', { client: 'cert-file', peer: 'peer-cert-file' }],
  ['key-file', { client: 'key-file', peer: 'peer-key-file' }],
  ['client-cert-file', { client: 'client-cert-file', peer: 'peer-client-cert-file' }],
  ['client-key-file', { client: 'client-key-file', peer: 'peer-client-key-file' }],
  ['client-cert-auth', { client: 'client-cert-auth', peer: 'peer-client-cert-auth' }],
  ['trusted-ca-file', { client: 'trusted-ca-file', peer: 'peer-trusted-ca-file' }],
  ['auto-tls', { client: 'auto-tls', peer: 'peer-auto-tls' }],
  ['allowed-cn', { peer: 'peer-cert-allowed-cn' }],
  [
    'allowed-hostname',
    { client: 'client-cert-allowed-hostname', peer: 'peer-cert-allowed-hostname' },
  ],
  ['skip-client-san-verification', { peer: 'peer-skip-client-san-verification' }],
]);

function flagsFromFile(path: string): Map<string, string> {
  const document = readConfigFile(path);
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(document)) {
    if (value === null) continue;
    if (key === 'client-transport-security' || key === 'peer-transport-security') {
      readSecurity(path, key, value, values);
      continue;
    }
    const spec = FLAG_BY_NAME.get(key);
    // etcd ignores keys it does not know; a misspelt key would then be a setting that silently does nothing.
    if (spec === undefined) throw new ConfigError(`${path}: unknown key ${JSON.stringify(key)}`);
    values.set(key, textOf(path, spec, value));
  }
  return values;
}

function readConfigFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read the configuration file: ${String(error)}`);
  }
  let document: unknown;
  try {
    // What it only warns of, it says on stderr, where log lines are expected.
    document = parseYaml(text, { logLevel: 'error' }) ?? {};
  } catch (error) {
    throw new ConfigError(`${path} is not valid YAML: ${String(error)}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ConfigError(`${path} must hold keys and values`);
  }
  return document as Record<string, unknown>; // a YAML mapping that is not an array has string keys here
}

function readSecurity(
  path: string,
  section: string,
  value: unknown,
  values: Map<string, string>,
): void {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(`${path}: ${section} must hold keys and values`);
  }
  const side = section.startsWith('client') ? 'client' : 'peer';
  for (const [key, item] of Object.entries(value)) {
    const spec = FLAG_BY_NAME.get(SECURITY_KEYS.get(key)?.[side] ?? '');
    if (spec === undefined) {
      throw new ConfigError(`${path}: unknown key ${JSON.stringify(key)} in ${section}`);
    }
    if (item !== null) values.set(spec.name, textOf(path, spec, item));
  }
}

function textOf(path: string, spec: FlagSpec, value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(',');
  // A bare number where a duration belongs is in nanoseconds, as Go's time.Duration is in JSON.
  if (spec.kind === 'duration' && typeof value === 'number') return `${value}ns`;
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw new ConfigError(`${path}: ${spec.name} must be a single value`);
}
