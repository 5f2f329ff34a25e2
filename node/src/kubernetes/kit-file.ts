// kit.json: what the kit (Pulumi program or chart) tells the jobs of a cluster. Mounted from ConfigMap R-config.
import { readFile } from 'node:fs/promises';

export interface KitFile {
  /** The release: the name of the StatefulSet, and the beginning of all other names. */
  readonly name: string;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly members: number;
  readonly tls: KitTls;
  readonly storage: {
    /** A Kubernetes quantity, such as 8Gi. */
    readonly size: string;
  };
  readonly backup: KitBackup | null;
}

export interface KitTls {
  readonly mode: 'plain' | 'server' | 'mutual';
  readonly issuer: 'self' | 'cert-manager' | 'provided';
  /** Counted up by the user to rotate the CA. */
  readonly caGeneration: number;
  readonly caLifetimeDays: number;
  readonly certificateLifetimeDays: number;
  readonly extraSans: readonly string[];
  readonly serverSecret: string;
  readonly peerSecret: string;
  readonly clientSecret: string;
  /** How long clients may take to load a Secret before a rotation goes on; absent: the reconcile job's default. */
  readonly clientGraceSeconds?: number;
}

export interface KitBackup {
  readonly destination: KitVolume | KitS3;
  readonly retention: { readonly count: number; readonly days: number };
  /** The path of the key; '' without encryption of our own. */
  readonly encryptionKeyFile: string;
  readonly verify: boolean;
}

export interface KitVolume {
  readonly kind: 'volume';
  readonly path: string;
}

export interface KitS3 {
  readonly kind: 's3';
  readonly bucket: string;
  readonly prefix: string;
  /** '' for AWS. */
  readonly endpoint: string;
  readonly region: string;
  readonly forcePathStyle: boolean;
  readonly serverSideEncryption: 'none' | 'AES256' | 'aws:kms';
  readonly kmsKeyId: string;
}

/** The file is missing, is not JSON, or does not have the shape above; the message names the field. */
export class KitFileError extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = 'KitFileError';
  }
}

/** @throws KitFileError */
export async function readKitFile(path: string): Promise<KitFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new KitFileError(
      path,
      `can't be read: ${String(error)}. Is ConfigMap <name>-config mounted?`,
    );
  }
  return parseKitFile(text, path);
}

/** `path` is for messages. @throws KitFileError */
export function parseKitFile(text: string, path: string): KitFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new KitFileError(path, `is not JSON: ${String(error)}`);
  }
  const kit = new Fields(json, path, '');
  const backup = kit.optional('backup');
  return {
    name: kit.text('name'),
    namespace: kit.text('namespace'),
    clusterDomain: kit.text('clusterDomain'),
    members: kit.count('members', 1),
    tls: parseTls(kit.object('tls')),
    storage: { size: kit.object('storage').text('size') },
    backup: backup === undefined ? null : parseBackup(backup),
  };
}

function parseTls(tls: Fields): KitTls {
  return {
    mode: tls.oneOf('mode', ['plain', 'server', 'mutual']),
    issuer: tls.oneOf('issuer', ['self', 'cert-manager', 'provided']),
    caGeneration: tls.count('caGeneration', 1),
    caLifetimeDays: tls.count('caLifetimeDays', 1),
    certificateLifetimeDays: tls.count('certificateLifetimeDays', 1),
    extraSans: tls.texts('extraSans'),
    serverSecret: tls.text('serverSecret'),
    peerSecret: tls.text('peerSecret'),
    clientSecret: tls.text('clientSecret'),
    ...(tls.has('clientGraceSeconds') && {
      clientGraceSeconds: tls.count('clientGraceSeconds', 0),
    }),
  };
}

function parseBackup(backup: Fields): KitBackup {
  const destination = backup.object('destination');
  const retention = backup.object('retention');
  const kind = destination.oneOf('kind', ['volume', 's3']);
  return {
    destination:
      kind === 'volume' ? { kind, path: destination.text('path') } : parseS3(destination),
    retention: { count: retention.count('count', 0), days: retention.count('days', 0) },
    encryptionKeyFile: backup.text('encryptionKeyFile', true),
    verify: backup.flag('verify'),
  };
}

function parseS3(s3: Fields): KitS3 {
  return {
    kind: 's3',
    bucket: s3.text('bucket'),
    prefix: s3.text('prefix', true),
    endpoint: s3.text('endpoint', true),
    region: s3.text('region', true),
    forcePathStyle: s3.flag('forcePathStyle'),
    serverSideEncryption: s3.oneOf('serverSideEncryption', ['none', 'AES256', 'aws:kms']),
    kmsKeyId: s3.text('kmsKeyId', true),
  };
}

/** The fields of one object of the file, each read with the check of its type. */
class Fields {
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly path: string;
  private readonly prefix: string;

  constructor(value: unknown, path: string, prefix: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new KitFileError(path, `${prefix === '' ? 'the file' : prefix} is not an object`);
    }
    this.values = value as Record<string, unknown>; // just checked
    this.path = path;
    this.prefix = prefix;
  }

  object(name: string): Fields {
    return new Fields(this.values[name], this.path, this.nameOf(name));
  }

  optional(name: string): Fields | undefined {
    const value = this.values[name];
    return value === undefined || value === null ? undefined : this.object(name);
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  text(name: string, mayBeEmpty: boolean = false): string {
    const value = this.values[name];
    if (typeof value !== 'string') throw this.wrong(name, 'a string');
    if (value === '' && !mayBeEmpty) throw this.wrong(name, 'a string that is not empty');
    return value;
  }

  texts(name: string): string[] {
    const value: unknown = this.values[name];
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
      throw this.wrong(name, 'a list of strings');
    }
    return value;
  }

  count(name: string, least: number): number {
    const value = this.values[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least) {
      throw this.wrong(name, `a whole number, ${least} or more`);
    }
    return value;
  }

  flag(name: string): boolean {
    const value = this.values[name];
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false');
    return value;
  }

  oneOf<const T extends string>(name: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.values[name]);
    if (found === undefined) throw this.wrong(name, `one of ${choices.join(', ')}`);
    return found;
  }

  private nameOf(name: string): string {
    return this.prefix === '' ? name : `${this.prefix}.${name}`;
  }

  private wrong(name: string, expected: string): KitFileError {
    const shown = this.values[name] === undefined ? 'missing' : JSON.stringify(this.values[name]);
    return new KitFileError(
      this.path,
      `${this.nameOf(name)} is ${shown}, but has to be ${expected}`,
    );
  }
}
