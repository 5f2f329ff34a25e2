import { expect, test } from 'vitest';
import { parseS3Url, s3UrlOf } from './s3-url.ts';

test('a URL says where the bucket is and how it is reached', () => {
  expect(parseS3Url('s3://backups')).toEqual({
    bucket: 'backups',
    prefix: '',
    endpoint: '',
    region: '',
    forcePathStyle: false,
    serverSideEncryption: 'none',
    kmsKeyId: '',
    partBytes: 16 << 20,
  });
  expect(
    parseS3Url(
      's3://backups/prod/shop/?endpoint=http://127.0.0.1:9000&region=eu-1&sse=aws:kms&kmsKeyId=k&partSizeMiB=5&pathStyle=false',
    ),
  ).toEqual({
    bucket: 'backups',
    prefix: 'prod/shop',
    endpoint: 'http://127.0.0.1:9000',
    region: 'eu-1',
    forcePathStyle: false,
    serverSideEncryption: 'aws:kms',
    kmsKeyId: 'k',
    partBytes: 5 << 20,
  });
});

test('what is written reads back as it was', () => {
  for (const url of [
    's3://b',
    's3://b/p?endpoint=https://s3.example.com&region=x',
    's3://b/p/q?sse=AES256',
    's3://b?endpoint=http://h:1&pathStyle=false',
  ]) {
    expect(parseS3Url(s3UrlOf(parseS3Url(url)))).toEqual(parseS3Url(url));
  }
});

test.each([
  ['s3://', 'write s3://bucket'],
  ['s3:///prefix', 'write s3://bucket'],
  ['s3://b?endpont=x', 'unknown parameter endpont'],
  ['s3://b?endpoint=minio:9000', 'not an http or https URL'],
  ['s3://b?sse=yes', 'sse is one of none, AES256, aws:kms'],
  ['s3://b?partSizeMiB=4', '5 or more'],
  ['s3://b?pathStyle=1', 'true or false'],
])('%s is refused', (url, reason) => {
  expect(() => parseS3Url(url)).toThrow(reason);
});
