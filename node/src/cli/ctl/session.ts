// Flags that all commands share, and the client that they make.
import { readFileSync } from 'node:fs';
import { Client, type ClientOptions, type TlsOptions } from '../../client/index.ts';
import { UsageError } from '../command-line/errors.ts';
import { boolFlag, textFlag, type FlagSpec, type Flags } from '../command-line/flags.ts';
import { WRITE_OUT } from '../command-line/output.ts';
import { podAccess } from './pod-access.ts';

const DEFAULT_ENDPOINT = '127.0.0.1:2379';

export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  textFlag('endpoints', DEFAULT_ENDPOINT, 'Client URLs of members, separated by commas.'),
  textFlag('cacert', '', 'CA that servers are checked against.'),
  textFlag('cert', '', 'Certificate to show to servers.'),
  textFlag('key', '', 'Its key.'),
  textFlag('user', '', 'NAME or NAME:PASSWORD.'),
  textFlag('password', '', 'The password, when --user has none.'),
  textFlag('command-timeout', '5s', 'How long a command may take.'),
  textFlag(
    'dial-timeout',
    '2s',
    'Accepted for compatibility; --command-timeout covers connecting.',
  ),
  textFlag('keepalive-time', '10s', 'Pause between probes of a connection.'),
  textFlag('keepalive-timeout', '5s', 'How long the answer to a probe may take.'),
  WRITE_OUT,
];

/** The endpoints as they were given: they stand in what is printed. @throws UsageError when there is none */
export function endpointsOf(flags: Flags): string[] {
  const ofPod = flags.text('endpoints') === DEFAULT_ENDPOINT ? podAccess() : undefined;
  if (ofPod !== undefined) return [ofPod.endpoint];
  const endpoints = flags.list('endpoints');
  if (endpoints.length === 0) throw new UsageError('no endpoint is given with --endpoints');
  return endpoints;
}

/** Runs `work` with a client, which is closed when it is done. */
export async function withClient<T>(
  flags: Flags,
  work: (client: Client) => Promise<T>,
  endpoints: readonly string[] = endpointsOf(flags),
): Promise<T> {
  const client = new Client(optionsOf(flags, endpoints));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

function optionsOf(flags: Flags, endpoints: readonly string[]): ClientOptions {
  const tls = tlsOf(flags);
  const [user = '', inline] = splitOnce(flags.text('user'), ':');
  const password = inline ?? flags.text('password');
  return {
    endpoints,
    timeoutMs: flags.durationMs('command-timeout'),
    keepAliveTimeMs: flags.durationMs('keepalive-time'),
    keepAliveTimeoutMs: flags.durationMs('keepalive-timeout'),
    ...(tls === undefined ? {} : { tls }),
    ...(user === '' ? {} : { user, password }),
  };
}

function tlsOf(flags: Flags): TlsOptions | undefined {
  const [ca, cert, key] = ['cacert', 'cert', 'key'].map((name) => pem(name, flags.text(name)));
  if (ca === undefined && cert === undefined && key === undefined) return podAccess()?.tls;
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--cert and --key go together');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function pem(flag: string, path: string): Uint8Array | undefined {
  if (path === '') return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`--${flag}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

export const PREFIX = boolFlag('prefix', 'All keys that begin with the key.');
export const PREV_KV = boolFlag('prev-kv', 'Print what the keys held before, too.');

/** A lease's id in hex. @throws UsageError */
export function leaseIdOf(text: string): bigint {
  if (!/^[0-9a-fA-F]{1,16}$/.test(text)) {
    throw new UsageError(`bad lease ID ${JSON.stringify(text)}, expecting ID in Hex`);
  }
  return BigInt.asIntN(64, BigInt(`0x${text}`));
}

/** A member's id in hex. @throws UsageError */
export function memberIdOf(text: string): bigint {
  if (!/^[0-9a-fA-F]{1,16}$/.test(text)) {
    throw new UsageError(`bad member ID arg (${JSON.stringify(text)}), expecting ID in Hex`);
  }
  return BigInt(`0x${text}`);
}
