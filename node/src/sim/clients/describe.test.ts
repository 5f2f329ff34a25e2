import { expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { bytesFromLatin1 } from '../../base/index.ts';
import {
  PutRequest,
  RequestOp,
  ResponseHeader,
  SnapshotResponse,
  TxnRequest,
  TxnResponse,
} from '../../wire/gen/rpc.ts';
import { describe } from './describe.ts';
import { contentOf } from './snapshot.ts';

test('only what is set is shown, nested messages and bytes in short', () => {
  const requestPut = PutRequest.create({
    key: bytesFromLatin1('a b'),
    value: new Uint8Array(100).fill(120),
    lease: 255n,
  });
  const request = TxnRequest.create({ success: [RequestOp.create({ requestPut })] });
  expect(describe(request)).toBe(
    'success=[requestPut=(key=a.b value=xxxxxxxxxxxxxxxxxxxxxxxx…100 lease=ff)]',
  );
  const header = ResponseHeader.create({ revision: 9, memberId: 4n });
  expect(describe(TxnResponse.create({ header, succeeded: true }))).toBe('header=9 succeeded=true');
});

test('a snapshot counts only with the digest of its content', () => {
  const blobs = [new Uint8Array(40).fill(1), new Uint8Array(3).fill(2)];
  const digest = createHash('sha256').update(blobs[0]!).update(blobs[1]!).digest();
  const messages = [...blobs, digest].map((blob) => SnapshotResponse.create({ blob }));
  expect(contentOf(messages)).toHaveLength(43);
  expect(contentOf(messages.slice(0, 2))).toBeUndefined();
  expect(contentOf(messages.slice(1))).toBeUndefined();
});
