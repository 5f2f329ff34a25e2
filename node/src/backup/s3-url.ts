// s3://bucket/prefix?endpoint=https://…&region=…: a bucket and how to reach it, in one word.
import { BackupError } from './errors.ts';

export type ServerSideEncryption = 'none' | 'AES256' | 'aws:kms';

export interface S3Place {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** '' is Amazon's own. */
  readonly endpoint: string;
  readonly region: string;
  /** The bucket in the path rather than in the host name, as most servers but Amazon's want it. */
  readonly forcePathStyle: boolean;
  readonly serverSideEncryption: ServerSideEncryption;
  readonly kmsKeyId: string;
  /** Of a multipart upload; S3 allows 10,000 parts of 5 MiB or more. */
  readonly partBytes: number;
}

const MIB = 1 << 20;
const DEFAULT_PART_MIB = 16;
const SMALLEST_PART_MIB = 5;
const PARAMETERS = ['endpoint', 'region', 'pathStyle', 'sse', 'kmsKeyId', 'partSizeMiB'];
const SSE: readonly ServerSideEncryption[] = ['none', 'AES256', 'aws:kms'];

export function isS3Url(url: string): boolean {
  return url.startsWith('s3://');
}

/** @throws BackupError Destination that names the part that is wrong */
export function parseS3Url(text: string): S3Place {
  const match = /^s3:\/\/(?<bucket>[^/?]+)(?:\/(?<prefix>[^?]*))?(?:\?(?<query>.*))?$/.exec(text);
  const { bucket = '', prefix = '', query = '' } = match?.groups ?? {};
  if (bucket === '') {
    throw wrong(text, 'write s3://bucket/prefix?endpoint=https://host&region=name');
  }
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw wrong(text, `unknown parameter ${name}; there are ${PARAMETERS.join(', ')}`);
    }
  }
  const endpoint = parameters.get('endpoint') ?? '';
  if (endpoint !== '' && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw wrong(text, `endpoint=${endpoint} is not an http or https URL`);
  }
  const sse = parameters.get('sse') ?? 'none';
  const serverSideEncryption = SSE.find((one) => one === sse);
  if (serverSideEncryption === undefined) throw wrong(text, `sse is one of ${SSE.join(', ')}`);
  const pathStyle = parameters.get('pathStyle') ?? String(endpoint !== '');
  if (!['true', 'false'].includes(pathStyle)) throw wrong(text, 'pathStyle is true or false');
  const partMib = Number(parameters.get('partSizeMiB') ?? DEFAULT_PART_MIB);
  if (!(partMib >= SMALLEST_PART_MIB)) {
    throw wrong(text, `partSizeMiB is ${SMALLEST_PART_MIB} or more`);
  }
  return {
    bucket,
    prefix: prefix.replace(/^\/+|\/+$/g, ''),
    endpoint,
    region: parameters.get('region') ?? '',
    forcePathStyle: pathStyle === 'true',
    serverSideEncryption,
    kmsKeyId: parameters.get('kmsKeyId') ?? '',
    partBytes: Math.floor(partMib * MIB),
  };
}

/** The URL of a place, without what is as it would be anyway. */
export function s3UrlOf(place: Omit<S3Place, 'partBytes'>): string {
  const parameters = new URLSearchParams();
  if (place.endpoint !== '') parameters.set('endpoint', place.endpoint);
  if (place.region !== '') parameters.set('region', place.region);
  if (place.forcePathStyle !== (place.endpoint !== '')) {
    parameters.set('pathStyle', String(place.forcePathStyle));
  }
  if (place.serverSideEncryption !== 'none') parameters.set('sse', place.serverSideEncryption);
  if (place.kmsKeyId !== '') parameters.set('kmsKeyId', place.kmsKeyId);
  const query = parameters.size === 0 ? '' : `?${parameters.toString()}`;
  return `s3://${place.bucket}${place.prefix === '' ? '' : `/${place.prefix}`}${query}`;
}

function wrong(url: string, what: string): BackupError {
  return new BackupError('Destination', `${url}: ${what}`);
}
