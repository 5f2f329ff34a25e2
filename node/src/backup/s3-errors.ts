// What S3 answers, as a sentence that says what to do.
import { BackupError } from './errors.ts';
import type { S3Place } from './s3-url.ts';

interface S3Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Errors of ours pass as they are. */
export function explainS3(what: string, error: unknown, place: S3Place): BackupError {
  if (error instanceof BackupError) return error;
  const failure = error as S3Failure; // whatever the client throws may be asked for these
  const where = `bucket ${place.bucket}${place.endpoint === '' ? '' : ` at ${place.endpoint}`}`;
  const name = failure.name ?? '';
  const status = failure.$metadata?.httpStatusCode;
  const cause = { cause: error };
  if (name === 'NoSuchKey' || (name === 'NotFound' && status === 404)) {
    return new BackupError('NotFound', `the object does not exist in ${where}`, cause);
  }
  if (name === 'InvalidRange') {
    return new BackupError(
      'Damaged',
      `the object in ${where} is shorter than what was saved`,
      cause,
    );
  }
  const said = failure.message === undefined ? String(error) : `${failure.message} (${name})`;
  const hint = hintOf(name, failure.code ?? '', status, place) ?? said;
  return new BackupError('Destination', `can't ${what} ${where}: ${hint}`, cause);
}

function hintOf(
  name: string,
  code: string,
  status: number | undefined,
  place: S3Place,
): string | undefined {
  switch (name) {
    case 'NoSuchBucket':
      return 'there is no such bucket. Create it first; binnacle does not';
    case 'InvalidAccessKeyId':
    case 'XAdminUserNotFound': // versitygw's
    case 'SignatureDoesNotMatch':
      return `the credentials are wrong (${name}): look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
    case 'AccessDenied':
      return 'access is denied: these credentials need s3:ListBucket, GetObject, PutObject, DeleteObject, AbortMultipartUpload and ListBucketMultipartUploads';
    case 'CredentialsProviderError':
      return 'no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
      return `the bucket is in another region than ${place.region || 'the default one'}: give region=…`;
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
    case 'EntityTooLarge':
      return `the store has no more room (${name}). Free some, or keep fewer backups (--keep, --keep-days)`;
    default:
  }
  if (status === 507) return 'the store has no more room (HTTP 507)';
  if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'].includes(code)) {
    return `it can't be reached (${code}). Is the endpoint right, and may this process reach it?`;
  }
  if (name === 'TimeoutError') return 'it does not answer in time';
  if (name === '403' || status === 403) return 'access is denied (HTTP 403)';
  return undefined;
}
