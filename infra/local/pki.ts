// The cluster's own certificate authority: one CA, a certificate a member (for clients and peers), one for clients.
// Issuing is node/src/pki's; the files are kept here.
import * as fs from 'node:fs';
import {
  createAuthority,
  isDue,
  issueLeaf,
  readAuthority,
  reasonToIssue,
  renewAuthority,
  type Authority,
  type Pair,
  type WantedLeaf,
} from '../../node/src/pki/index.ts';
import type { ClusterConfig } from '../config.ts';
import { PRIVATE_MODE, PUBLIC_MODE, readIfThere, writeAtomically } from './files.ts';
import type { Paths } from './paths.ts';
import { Problem, reasonOf } from './problem.ts';

/** With authentication on, a client certificate's common name is its user: this is the administrator's. */
const CLIENT_NAME = 'root';
export const CLIENT = 'client';

interface WantedFile extends WantedLeaf {
  /** Stem of the file names. */
  readonly file: string;
}

export interface PkiOptions {
  readonly paths: Paths;
  readonly config: ClusterConfig;
  readonly members: readonly string[];
  /** False while there is nothing yet that a new CA would lock out. */
  readonly exists: boolean;
  readonly now: Date;
}

/**
 * Issues what is missing, what is due for renewal (a third of its life is left) and what no longer fits the
 * configuration. Members take the new files over by themselves.
 * @returns a line for each thing issued; none when all was in order
 * @throws Problem when files are missing or damaged that only the user can bring back
 */
export async function ensureCertificates(options: PkiOptions): Promise<string[]> {
  const { paths, now } = options;
  fs.mkdirSync(paths.pki, { recursive: true, mode: 0o700 });
  const report: string[] = [];
  const authority = await ensureAuthority(options, report);
  for (const wanted of wantedFiles(options)) {
    const found = readPair(paths, wanted.file);
    const reason = reasonToIssue(found, [authority.certificate], wanted, now);
    if (reason === undefined) continue;
    const leaf = await issueLeaf(authority, wanted, now);
    writeAtomically(paths.keyFile(wanted.file), leaf.key, PRIVATE_MODE);
    writeAtomically(paths.certFile(wanted.file), leaf.certificate, PUBLIC_MODE);
    report.push(`certificate of ${wanted.file} issued (${reason})`);
  }
  return report;
}

function wantedFiles({ config, members }: PkiOptions): WantedFile[] {
  const lifetimeDays = config.tls.certificateLifetimeDays;
  const subjectNames = [
    ...new Set(['localhost', '127.0.0.1', '::1', config.local.host, ...config.tls.extraSans]),
  ];
  const wanted: WantedFile[] = members.map((file) => ({
    file,
    commonName: file,
    subjectNames,
    usages: ['server', 'client'],
    lifetimeDays,
  }));
  wanted.push({
    file: CLIENT,
    commonName: CLIENT_NAME,
    subjectNames: [],
    usages: ['client'],
    lifetimeDays,
  });
  return wanted;
}

async function ensureAuthority(options: PkiOptions, report: string[]): Promise<Authority> {
  const { paths, config, now } = options;
  const terms = { lifetimeDays: config.tls.caLifetimeDays, now };
  const certificate = readIfThere(paths.caFile);
  const key = readIfThere(paths.caKeyFile);
  if (certificate !== undefined && key !== undefined) {
    const authority = await readOwnAuthority(paths, { certificate, key });
    if (!isDue(authority.certificate, now)) return authority;
    // The same key under a new date: what the old certificate vouched for stays valid.
    const renewed = await renewAuthority(authority, terms);
    writeAtomically(paths.caFile, renewed, PUBLIC_MODE);
    report.push('CA renewed, with its key');
    return readAuthority({ certificate: renewed, key });
  }
  const isEmpty = certificate === undefined && key === undefined;
  if (!isEmpty && options.exists) {
    const missing = certificate === undefined ? paths.caFile : paths.caKeyFile;
    throw new Problem(
      `${missing} is missing, and new certificates cannot be issued without it. Put it back, or delete the folder ` +
        `${paths.pki} to have a new CA made (clients then need the new ca.crt and client certificate).`,
    );
  }
  const created = await createAuthority(`CN=${config.name} CA, O=Binnacle`, terms);
  writeAtomically(paths.caKeyFile, created.key, PRIVATE_MODE);
  writeAtomically(paths.caFile, created.certificate, PUBLIC_MODE);
  report.push('CA created');
  return readAuthority(created);
}

async function readOwnAuthority(paths: Paths, pair: Pair): Promise<Authority> {
  try {
    return await readAuthority(pair);
  } catch (error) {
    throw new Problem(
      `${paths.caFile} with ${paths.caKeyFile} is no CA that can issue: ${reasonOf(error)}. ` +
        'Put back the files that belong together.',
    );
  }
}

function readPair(paths: Paths, file: string): Pair | undefined {
  const certificate = readIfThere(paths.certFile(file));
  const key = readIfThere(paths.keyFile(file));
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}
