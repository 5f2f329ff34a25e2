// When backups are made, where they go, and how long they stay.
import { z } from 'zod';
import { schedule } from './cron.ts';
import { flag, objectName, patternOrEmpty, section, text, wholeNumber } from './fields.ts';
import { volumeSize } from './quantity.ts';

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const WEB_ADDRESS = /^https?:\/\/[^/]+/;

const volume = section({
  size: volumeSize('10Gi').default('10Gi').describe('Size of the volume that is made.'),
  class: objectName('the name of a StorageClass')
    .default('')
    .describe("StorageClass of it; empty: the cluster's default."),
  existingClaim: objectName('the name of a PersistentVolumeClaim')
    .default('')
    .describe('A claim of yours to use in its place.'),
});

const s3 = section({
  bucket: text('the name of a bucket')
    .refine((value) => value === '' || BUCKET.test(value), {
      error: 'must be the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes',
    })
    .meta(patternOrEmpty(BUCKET))
    .default('')
    .describe('Bucket.'),
  prefix: text('the beginning of object names, such as binnacle/')
    .default('')
    .describe("Beginning of the objects' names; empty: the name of the cluster."),
  endpoint: text('a URL, such as https://s3.example.com')
    .refine((value) => value === '' || WEB_ADDRESS.test(value), {
      error: 'must be a URL, such as https://s3.example.com',
    })
    .meta(patternOrEmpty(WEB_ADDRESS))
    .default('')
    .describe("URL of an S3-compatible store; empty: Amazon's."),
  region: text('a region, such as eu-central-1').default('us-east-1').describe('Region.'),
  forcePathStyle: flag()
    .default(true)
    .describe('The bucket goes into the path of the URL, not into the host name.'),
  credentialsSecret: objectName('the name of a Secret')
    .default('')
    .describe(
      'Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; empty: what the pod gets from its platform.',
    ),
  serverSideEncryption: z
    .enum(['none', 'AES256', 'aws:kms'], { error: 'must be none, AES256 or aws:kms' })
    .default('none')
    .describe('Encryption that the store does.'),
  kmsKeyId: text('the id of a key').default('').describe('Key for aws:kms.'),
});

const destination = section({
  kind: z
    .enum(['volume', 's3'], { error: 'must be volume or s3' })
    .default('volume')
    .describe('volume: a PersistentVolumeClaim. s3: an S3-compatible store.'),
  volume: volume.prefault({}).describe('For kind volume.'),
  s3: s3.prefault({}).describe('For kind s3.'),
});

const retention = section({
  count: wholeNumber('a number of backups', 1, 100_000)
    .default(28)
    .describe('Backups that are kept however old they are.'),
  days: wholeNumber('a number of days', 1, 36_500)
    .default(30)
    .describe('Days that every backup is kept.'),
});

const encryption = section({
  secret: objectName('the name of a Secret')
    .default('')
    .describe('Secret whose entry key encrypts backups before they leave; empty: not encrypted.'),
});

export const backup = section({
  enabled: flag().default(false).describe('Whether backups are made.'),
  schedule: schedule('0 */6 * * *').default('0 */6 * * *').describe('When (UTC).'),
  destination: destination.prefault({}).describe('Where backups go.'),
  retention: retention.prefault({}).describe('How long they stay.'),
  encryption: encryption.prefault({}).describe("The kit's own encryption."),
  verify: flag()
    .default(true)
    .describe('Restore each backup into a throwaway process, and compare, before it counts.'),
  maxAgeHours: wholeNumber('a number of hours', 1, 24 * 366)
    .default(26)
    .describe(
      'Hours without a verified backup after which an alert fires: more than the schedule takes.',
    ),
});
