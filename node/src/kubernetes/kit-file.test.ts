import { expect, test } from 'vitest';
import { parseKitFile } from './kit-file.ts';

const TLS = {
  mode: 'mutual',
  issuer: 'self',
  caGeneration: 1,
  caLifetimeDays: 3650,
  certificateLifetimeDays: 365,
  extraSans: ['store.example'],
  serverSecret: 'b-server-tls',
  peerSecret: 'b-peer-tls',
  clientSecret: 'b-client-tls',
};
const KIT = {
  name: 'b',
  namespace: 'shop',
  clusterDomain: 'cluster.local',
  members: 3,
  tls: TLS,
  storage: { size: '8Gi' },
  backup: {
    destination: { kind: 'volume', path: '/backup' },
    retention: { count: 28, days: 30 },
    encryptionKeyFile: '',
    verify: true,
  },
};

const parse = (value: unknown) => parseKitFile(JSON.stringify(value), 'kit.json');

test('a whole file is read as it is', () => {
  expect(parse(KIT)).toEqual(KIT);
  expect(parse({ ...KIT, backup: null }).backup).toBeNull();
});

test('an S3 destination is read', () => {
  const destination = {
    kind: 's3',
    bucket: 'store',
    prefix: '',
    endpoint: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    forcePathStyle: true,
    serverSideEncryption: 'AES256',
    kmsKeyId: '',
  };
  const { backup } = parse({ ...KIT, backup: { ...KIT.backup, destination } });
  expect(backup?.destination).toEqual(destination);
});

test.each([
  [{ ...KIT, members: 0 }, 'kit.json: members is 0, but has to be a whole number, 1 or more'],
  [{ ...KIT, name: '' }, 'kit.json: name is "", but has to be a string that is not empty'],
  [{ ...KIT, tls: undefined }, 'kit.json: tls is not an object'],
  [
    { ...KIT, tls: { ...TLS, mode: 'off' } },
    'kit.json: tls.mode is "off", but has to be one of plain, server, mutual',
  ],
  [
    { ...KIT, tls: { ...TLS, extraSans: [1] } },
    'kit.json: tls.extraSans is [1], but has to be a list of strings',
  ],
  [
    { ...KIT, backup: { ...KIT.backup, verify: 'yes' } },
    'kit.json: backup.verify is "yes", but has to be true or false',
  ],
  [
    { ...KIT, backup: { ...KIT.backup, destination: { kind: 'tape' } } },
    'kit.json: backup.destination.kind is "tape", but has to be one of volume, s3',
  ],
  [[], 'kit.json: the file is not an object'],
])('a wrong field is named: %#', (value, message) => {
  expect(() => parse(value)).toThrow(message);
});

test('what is not JSON is said to be so', () => {
  expect(() => parseKitFile('name: b', 'kit.json')).toThrow('kit.json: is not JSON');
});
