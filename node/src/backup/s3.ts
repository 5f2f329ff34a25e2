// Backups in a bucket of Amazon S3 or of a server that speaks its API.
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Destination, StoredObject } from './destination.ts';
import { explainS3 } from './s3-errors.ts';
import { s3UrlOf, type S3Place } from './s3-url.ts';

/** A request is made up to this often, with growing pauses. A part that fails is sent again, and only that part. */
const MAX_ATTEMPTS = 6;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** Parts under way at the same time; what is held at most is this many, and one more that is being filled. */
const PARALLEL_PARTS = 2;
/** Amazon does not look at it when a server of our own is meant, but the client wants one. */
const DEFAULT_REGION = 'us-east-1';

export class S3Destination implements Destination {
  readonly label: string;
  private readonly place: S3Place;
  private readonly client: S3Client;

  constructor(place: S3Place) {
    this.place = place;
    this.label = s3UrlOf(place);
    this.client = new S3Client(configOf(place));
  }

  prepare(): Promise<void> {
    return this.attempt('reach', async () => {
      const { bucket: Bucket } = this.place;
      await this.client.send(
        new ListObjectsV2Command({ Bucket, Prefix: this.key(''), MaxKeys: 1 }),
      );
    });
  }

  list(): Promise<StoredObject[]> {
    return this.attempt('list', async () => {
      const objects: StoredObject[] = [];
      let token: string | undefined;
      do {
        const page = await this.client.send(
          new ListObjectsV2Command({
            Bucket: this.place.bucket,
            Prefix: this.key(''),
            Delimiter: '/',
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
          const name = Key.slice(this.key('').length);
          objects.push({ name, bytes: Size, modifiedAtMs: LastModified?.getTime() ?? 0 });
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return objects;
    });
  }

  write(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    return this.attempt('write', async () => {
      let broken: Error | undefined;
      // What ends the source has to come out as it is, not as an error of S3.
      const body = Readable.from(
        watched(content, (error) => (broken = error)),
        {
          objectMode: false,
        },
      );
      const upload = new Upload({
        client: this.client,
        params: { ...this.target(name), ...this.encryption(), Body: body },
        partSize: this.place.partBytes,
        queueSize: PARALLEL_PARTS,
      });
      try {
        await upload.done();
      } catch (error) {
        body.destroy();
        throw broken ?? error;
      }
    });
  }

  put(name: string, content: Uint8Array): Promise<void> {
    return this.attempt('write', async () => {
      await this.client.send(
        new PutObjectCommand({ ...this.target(name), ...this.encryption(), Body: content }),
      );
    });
  }

  get(name: string): Promise<Uint8Array> {
    return this.attempt('read', async () => {
      const { Body } = await this.client.send(new GetObjectCommand(this.target(name)));
      return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
    });
  }

  async *read(name: string, from: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { Body } = await this.attempt('read', () =>
      this.client.send(
        new GetObjectCommand({
          ...this.target(name),
          ...(from === 0 ? {} : { Range: `bytes=${from}-` }),
        }),
      ),
    );
    const stream = Body as Readable; // under Node the client hands out Node's streams
    try {
      yield* stream as AsyncIterable<Buffer>; // no encoding is set
    } catch (error) {
      throw explainS3('read', error, this.place);
    } finally {
      stream.destroy();
    }
  }

  remove(name: string): Promise<void> {
    return this.attempt('delete from', async () => {
      await this.client.send(new DeleteObjectCommand(this.target(name)));
    });
  }

  sweep(olderThanMs: number): Promise<number> {
    return this.attempt('list', async () => {
      const limit = Date.now() - olderThanMs;
      const { bucket: Bucket } = this.place;
      let swept = 0;
      // What a first page leaves is for the next time.
      const { Uploads = [] } = await this.client.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: this.key('') }),
      );
      for (const { Key, UploadId, Initiated } of Uploads) {
        if (Key === undefined || UploadId === undefined) continue;
        if ((Initiated?.getTime() ?? 0) > limit) continue;
        await this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
        swept++;
      }
      return swept;
    });
  }

  close(): void {
    this.client.destroy();
  }

  private key(name: string): string {
    return this.place.prefix === '' ? name : `${this.place.prefix}/${name}`;
  }

  private target(name: string): { Bucket: string; Key: string } {
    return { Bucket: this.place.bucket, Key: this.key(name) };
  }

  private encryption() {
    const { serverSideEncryption, kmsKeyId } = this.place;
    if (serverSideEncryption === 'none') return {};
    return {
      ServerSideEncryption: serverSideEncryption,
      ...(kmsKeyId === '' ? {} : { SSEKMSKeyId: kmsKeyId }),
    };
  }

  private async attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainS3(what, error, this.place);
    }
  }
}

function configOf({ endpoint, region, forcePathStyle }: S3Place): S3ClientConfig {
  const wanted = region || process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'];
  return {
    region: wanted || DEFAULT_REGION,
    forcePathStyle,
    maxAttempts: MAX_ATTEMPTS,
    ...(endpoint === '' ? {} : { endpoint }),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    // Backups carry a SHA-256 of their own; many servers do not know the newer checksums of S3's.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  };
}

async function* watched(
  content: AsyncIterable<Uint8Array>,
  onError: (error: Error) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* content;
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}
