// Encryption of our own: AES-256-GCM in chunks, so that a stream of any length is sealed and opened with little memory, and
// nothing comes out that was not put in: not cut short, not in another order, not under another name
// (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance", 2015).
//
//   file      "BNSEAL01" | chunk size u32be | salt (32 bytes) | chunk | chunk | … | last chunk
//   chunk     ciphertext (chunk size; the last one 0 to chunk size) | tag (16 bytes)
//   key       HKDF-SHA-256(key file, salt, "binnacle backup v1"): no two files share one, so that nonces may count
//   nonce     0 0 0 | number of the chunk u64be | 1 for the last chunk, else 0
//   AAD       the file's first 44 bytes, then the backup's name
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BackupError } from './errors.ts';
import { inPieces, type Pieces } from './pieces.ts';

const MAGIC = Buffer.from('BNSEAL01');
const SALT_BYTES = 32;
const HEADER_BYTES = MAGIC.length + 4 + SALT_BYTES;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const CHUNK_BYTES = 64 * 1024;
const LARGEST_CHUNK_BYTES = 16 * 1024 * 1024;
const HKDF_INFO = 'binnacle backup v1';

export interface SealingKey {
  readonly bytes: Buffer;
  /** Tells keys apart without telling anything about them. */
  readonly id: string;
}

/**
 * A file with 32 bytes, as they are, in hex or in base64.
 * @throws BackupError Key
 */
export async function readKeyFile(path: string): Promise<SealingKey> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new BackupError('Key', `the key file can't be read: ${String(error)}`, { cause: error });
  }
  const bytes = keyIn(content);
  if (bytes === undefined) {
    throw new BackupError(
      'Key',
      `${path} holds no key: 32 bytes are wanted, as they are, in hex or in base64. Make one with: openssl rand -hex 32`,
    );
  }
  return sealingKey(bytes);
}

export function sealingKey(bytes: Buffer): SealingKey {
  const id = createHash('sha256').update('binnacle key id').update(bytes).digest('hex');
  return { bytes, id: id.slice(0, 16) };
}

function keyIn(content: Buffer): Buffer | undefined {
  if (content.length === KEY_BYTES) return content;
  const text = content.toString('latin1').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** Encrypts a stream. */
export async function* seal(
  content: AsyncIterable<Uint8Array>,
  key: SealingKey,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(CHUNK_BYTES);
  const header = Buffer.concat([MAGIC, size, randomBytes(SALT_BYTES)]);
  const chunks = chunkCipher(key, header, name);
  yield header;
  for await (const { bytes, isLast } of inPieces(content, CHUNK_BYTES)) {
    const cipher = createCipheriv('aes-256-gcm', chunks.key, chunks.nonce(isLast));
    cipher.setAAD(chunks.associated);
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

/**
 * Decrypts what `seal` made. Whatever it yields is authentic; only its end says that it is whole.
 * @throws BackupError Damaged when a byte was changed, cut off, added or moved; Key when the key is another one
 */
export async function* open(
  content: AsyncIterable<Uint8Array>,
  key: SealingKey,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = content[Symbol.asyncIterator]();
  try {
    const { header, rest } = await takeHeader(source);
    const chunkBytes = header.readUInt32BE(MAGIC.length);
    if (chunkBytes === 0 || chunkBytes > LARGEST_CHUNK_BYTES) throw damaged('its header is not');
    const chunks = chunkCipher(key, header, name);
    for await (const piece of inPieces(remaining(rest, source), chunkBytes + TAG_BYTES)) {
      yield openChunk(piece, chunks);
    }
  } finally {
    await source.return?.();
  }
}

function openChunk({ bytes, isLast }: Pieces, chunks: ChunkCipher): Buffer {
  const number = chunks.count;
  if (bytes.length < TAG_BYTES) throw damaged(`it ends within chunk ${number}, which is not`);
  const decipher = createDecipheriv('aes-256-gcm', chunks.key, chunks.nonce(isLast));
  decipher.setAAD(chunks.associated);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const opened = decipher.update(bytes.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw damaged(`chunk ${number} is not`);
  }
  return opened;
}

interface ChunkCipher {
  readonly key: Buffer;
  readonly associated: Buffer;
  /** Chunks begun so far. */
  readonly count: number;
  nonce(isLast: boolean): Buffer;
}

function chunkCipher(key: SealingKey, header: Buffer, name: string): ChunkCipher {
  const salt = header.subarray(MAGIC.length + 4);
  let count = 0;
  return {
    key: Buffer.from(hkdfSync('sha256', key.bytes, salt, HKDF_INFO, KEY_BYTES)),
    associated: Buffer.concat([header, Buffer.from(name)]),
    get count() {
      return count;
    },
    nonce(isLast) {
      const nonce = Buffer.alloc(12);
      nonce.writeBigUInt64BE(BigInt(count++), 3);
      nonce[11] = isLast ? 1 : 0;
      return nonce;
    },
  };
}

async function takeHeader(
  source: AsyncIterator<Uint8Array>,
): Promise<{ header: Buffer; rest: Uint8Array }> {
  let taken = Buffer.alloc(0);
  while (taken.length < HEADER_BYTES) {
    const next = await source.next();
    if (next.done === true) throw damaged('it ends within its header, which is not');
    taken = Buffer.concat([taken, next.value]);
  }
  const header = taken.subarray(0, HEADER_BYTES);
  if (!timingSafeEqual(header.subarray(0, MAGIC.length), MAGIC)) {
    throw damaged('its header is not');
  }
  return { header, rest: taken.subarray(HEADER_BYTES) };
}

async function* remaining(
  first: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  for (;;) {
    const next = await source.next();
    if (next.done === true) return;
    yield next.value;
  }
}

function damaged(what: string): BackupError {
  return new BackupError(
    'Damaged',
    `the encrypted data was changed, cut off or belongs to another backup: ${what} what was written`,
  );
}
