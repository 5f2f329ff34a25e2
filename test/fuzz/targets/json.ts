// The JSON that comes from other members, from Kubernetes and from backups: it is refused with words of our own, or what was
// read means the same when it is written and read again. (There is no JSON gateway yet.)
import { concatBytes } from '../../../node/src/base/bytes.ts';
import { EtcdError } from '../../../node/src/base/errors.ts';
import {
  bytesFromMemberChange,
  jsonFromMembers,
  memberChangeFromBytes,
  membersFromJson,
  promotionError,
} from '../../../node/src/apply/member-json.ts';
import { BackupError } from '../../../node/src/backup/errors.ts';
import { backupOf, manifestText, parseManifest } from '../../../node/src/backup/manifest.ts';
import { errorFromAnswer } from '../../../node/src/kubernetes/errors.ts';
import { KitFileError, parseKitFile } from '../../../node/src/kubernetes/kit-file.ts';
import { parseTlsPolicy } from '../../../node/src/platform/tls-policy.ts';
import { parseReport } from '../../../node/src/reconcile/gates.ts';
import { parsePolicy, writePolicy } from '../../../node/src/reconcile/policy.ts';
import {
  answerFromJson,
  jsonFromAnswer,
} from '../../../node/src/server/discovery/membership-json.ts';
import { parseRecord } from '../../../node/src/server/discovery/record.ts';
import { jsonFromTold, toldFromJson } from '../../../node/src/server/vouching/testimony-json.ts';
import type { Target } from '../engine/target.ts';
import { mutateJson } from '../support/json-mutator.ts';
import { expectSame, expectThat } from './input.ts';

const MANIFEST = '20260101T000000Z-abcdef.json';

interface Reader {
  readonly name: string;
  /** Reads a text; when it is taken, gives what must read the same again, or undefined when nothing is written. */
  readonly read: (text: string) => { value: unknown; written: string | undefined };
  readonly seed: unknown;
  /** Errors that may be thrown; any of our own words when it is not given. */
  readonly refusal?: new (...args: never[]) => Error;
}

function reader<T>(
  name: string,
  seed: unknown,
  parse: (text: string) => T,
  write?: (value: T) => string,
  refusal?: Reader['refusal'],
): Reader {
  const read: Reader['read'] = (text) => {
    const value = parse(text);
    return { value, written: value === undefined ? undefined : write?.(value) };
  };
  return { name, read, seed, ...(refusal !== undefined && { refusal }) };
}

const MEMBER = { id: 5, peerURLs: ['http://a:2380'], name: 'm', clientURLs: ['http://a:2379'] };
const TESTIMONY = {
  ...{ from: 'a1', term: 3, last: { term: 3, index: 9 }, voters: ['a1', 'b2'], appliedIndex: 8 },
  ...{ acknowledged: null, members: JSON.stringify([MEMBER]) },
};
const MEMBERSHIP = {
  ...{ clusterId: 'c1', generation: 1, isConfirmed: true, isRemoved: false, leader: 'a1' },
  ...{ commitIndex: 7, appliedIndex: 7 },
  members: [{ id: 'a1', name: 'm', peerUrls: ['http://a'], clientUrls: [], isLearner: false }],
};
const RECORD = {
  ...{ version: 1, state: 'founded', clusterId: 'c1', token: 't', founder: 'm-0', generation: 2 },
  ...{ foundedAt: '2026-01-01', recovery: { kind: 'recover', survivor: 'm-1' } },
};
const KIT = {
  ...{ name: 'b', namespace: 'n', clusterDomain: 'cluster.local', members: 3 },
  tls: {
    ...{ mode: 'mutual', issuer: 'self', caGeneration: 1, caLifetimeDays: 10 },
    ...{ certificateLifetimeDays: 5, extraSans: ['x'], serverSecret: 's', peerSecret: 'p' },
    ...{ clientSecret: 'c', clientGraceSeconds: 5 },
  },
  storage: { size: '8Gi' },
  backup: {
    destination: {
      ...{ kind: 's3', bucket: 'b', prefix: 'p', endpoint: '', region: 'r', forcePathStyle: true },
      ...{ serverSideEncryption: 'none', kmsKeyId: '' },
    },
    ...{ retention: { count: 3, days: 7 }, encryptionKeyFile: '', verify: true },
  },
};
const REPORT = {
  policy: { accept: 'both', advertise: 'http' },
  advertise: { peer: ['http://a'], client: ['http://b'] },
  server: { leaf: 'AA', trust: ['BB'] },
  peer: null,
  knownAdvertise: { peer: { a1: ['http://a'] } },
  dialed: { peer: { b2: 'http://b' } },
};
const sha256 = 'ab'.repeat(32);
const BACKUP = {
  ...{ format: 1, name: backupOf(MANIFEST)?.name ?? MANIFEST.slice(0, -5), savedAt: '2026-01-01' },
  cluster: { id: 'c1' },
  content: { revision: 5, compactRevision: 1, hash: 9, keys: 2 },
  data: { bytes: 10, sha256, object: '20260101T000000Z-abcdef.db' },
  snapshot: { bytes: 10, sha256 },
  newestRevision: 5,
};
const record = (text: string): ReturnType<typeof parseRecord> =>
  parseRecord({ metadata: { name: 'x' }, data: { record: text } }, 'ConfigMap x');

const READERS: readonly Reader[] = [
  reader('members', [MEMBER], membersFromJson, jsonFromMembers),
  reader(
    'member change',
    { ...MEMBER, isPromote: true },
    (text) => memberChangeFromBytes(Buffer.from(text)),
    (change) => Buffer.from(bytesFromMemberChange(change)).toString(),
  ),
  reader('testimony', TESTIMONY, toldFromJson, jsonFromTold),
  reader('membership', MEMBERSHIP, answerFromJson, jsonFromAnswer),
  reader('record', RECORD, record),
  reader('TLS policy', { accept: 'both', advertise: 'http' }, parseTlsPolicy, JSON.stringify),
  reader('policy', { accept: 'mutual', advertise: 'https' }, parsePolicy, (policy) =>
    policy === undefined ? '' : writePolicy(policy),
  ),
  reader('kit file', KIT, (text) => parseKitFile(text, 'kit.json'), JSON.stringify, KitFileError),
  reader('TLS report', REPORT, parseReport),
  reader('manifest', BACKUP, (text) => parseManifest(text, MANIFEST), manifestText, BackupError),
  reader('Status', { reason: 'Conflict', message: 'x' }, (text) =>
    String(errorFromAnswer(409, text, 'it').message),
  ),
  reader('promotion', 'etcdserver: member not found', (text) => {
    const error = promotionError(text);
    expectThat(error === undefined || error instanceof EtcdError, 'an error of another kind');
  }),
];

function run(input: Uint8Array): void {
  const one = READERS[(input[0] ?? 0) % READERS.length];
  if (one === undefined) return;
  const text = Buffer.from(input.subarray(1)).toString();
  let taken: ReturnType<Reader['read']>;
  try {
    taken = one.read(text);
  } catch (error) {
    if (isRefusal(error, one)) return;
    throw error;
  }
  if (taken.written === undefined) return;
  expectSame(`${one.name}, written and read`, one.read(taken.written).value, taken.value);
}

/** A TypeError tells users nothing: somebody forgot to look before using a value. */
function isRefusal(error: unknown, { refusal }: Reader): boolean {
  if (refusal !== undefined) return error instanceof refusal;
  return error instanceof Error && !['TypeError', 'RangeError'].includes(error.name);
}

const seeds = (): Uint8Array[] =>
  READERS.map(({ seed }, i) => concatBytes([Uint8Array.of(i), Buffer.from(JSON.stringify(seed))]));

export const target: Target = {
  name: 'json',
  run,
  seeds,
  maxBytes: 2000,
  mutate: (input, random) => mutateJson(input, random, 1),
  dictionary: ['null', '{}', '[]', '"__proto__":', '"constructor":', 'true', '1e999', '\\ud800'],
};
