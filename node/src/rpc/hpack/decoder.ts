// Decodes header blocks (RFC 7541). A block that only refers to the tables, as almost every request of a busy client
// does, is recognised by its bytes and costs one lookup.
import { DynamicTable } from './dynamic-table.ts';
import { huffmanDecode } from './huffman.ts';
import { type HeaderField, STATIC_LENGTH, STATIC_TABLE, headerField } from './static-table.ts';

/** A block that breaks RFC 7541: the connection cannot go on, its tables are out of step (COMPRESSION_ERROR). */
export class HpackError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HpackError';
  }
}

/** The fields of one block, in order. `tooLarge`: the list passed the limit, and the rest was dropped. */
export interface HeaderList {
  readonly fields: readonly HeaderField[];
  readonly tooLarge: boolean;
}

const CACHED_BLOCKS = 32;
const CACHED_BLOCK_BYTES = 48;

export class HpackDecoder {
  private readonly table: DynamicTable;
  private readonly maxTableSize: number;
  private readonly maxListSize: number;
  private readonly cache = new Map<string, HeaderList>();
  private cacheChanges = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private position = 0;
  private end = 0;

  /**
   * @param maxTableSize SETTINGS_HEADER_TABLE_SIZE as announced
   * @param maxListSize SETTINGS_MAX_HEADER_LIST_SIZE: fields beyond it are dropped, and `tooLarge` is set
   */
  constructor(maxTableSize: number, maxListSize: number) {
    this.table = new DynamicTable(maxTableSize);
    this.maxTableSize = maxTableSize;
    this.maxListSize = maxListSize;
  }

  /**
   * Decodes the block in `bytes` [start, end).
   * @throws HpackError when the block is malformed
   */
  decode(bytes: Uint8Array, start: number, end: number): HeaderList {
    const key = indexedOnly(bytes, start, end) ? blockKey(bytes, start, end) : undefined;
    if (this.cacheChanges !== this.table.changes) {
      if (this.cache.size > 0) this.cache.clear();
      this.cacheChanges = this.table.changes;
    }
    if (key !== undefined) {
      const cached = this.cache.get(key);
      if (cached !== undefined) return cached;
    }
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    const list = this.readFields();
    if (key !== undefined && this.cache.size < CACHED_BLOCKS) this.cache.set(key, list);
    return list;
  }

  private readFields(): HeaderList {
    const fields: HeaderField[] = [];
    let listSize = 0;
    let sawField = false;
    while (this.position < this.end) {
      const first = this.bytes[this.position] as number; // position < end <= bytes.length
      if ((first & 0xe0) === 0x20) {
        // Section 4.2: a size update stands at the beginning of a block.
        if (sawField) throw new HpackError('table size update behind a field');
        this.updateSize();
        continue;
      }
      sawField = true;
      const field = first >= 0x80 ? this.fieldAt(this.readInteger(7)) : this.readLiteral(first);
      listSize += field.size;
      if (listSize <= this.maxListSize) fields.push(field);
    }
    return { fields, tooLarge: listSize > this.maxListSize };
  }

  private updateSize(): void {
    const size = this.readInteger(5);
    if (size > this.maxTableSize) throw new HpackError('table size over the limit');
    this.table.resize(size);
  }

  private readLiteral(first: number): HeaderField {
    const indexing = first >= 0x40;
    const index = this.readInteger(indexing ? 6 : 4);
    const name = index === 0 ? this.readString() : this.fieldAt(index).name;
    const field = headerField(name, this.readString());
    if (indexing) this.table.add(field);
    return field;
  }

  private fieldAt(index: number): HeaderField {
    const field =
      index <= STATIC_LENGTH ? STATIC_TABLE[index] : this.table.get(index - STATIC_LENGTH - 1);
    if (field === undefined) throw new HpackError(`no field at index ${index}`);
    return field;
  }

  /** Section 5.1. Values over 2^28 are refused: no limit here comes near. */
  private readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = (this.bytes[this.position++] as number) & mask; // the caller saw this byte
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.position >= this.end) throw new HpackError('integer runs past the block');
      const byte = this.bytes[this.position++] as number; // position < end
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new HpackError('integer too large');
  }

  private readString(): string {
    if (this.position >= this.end) throw new HpackError('string runs past the block');
    const huffman = (this.bytes[this.position] as number) >= 0x80; // position < end
    const length = this.readInteger(7);
    const start = this.position;
    const end = start + length;
    if (end > this.end) throw new HpackError('string runs past the block');
    this.position = end;
    if (!huffman) return latin1(this.bytes, start, end);
    const text = huffmanDecode(this.bytes, start, end);
    if (text === undefined) throw new HpackError('invalid Huffman code');
    return text;
  }
}

function indexedOnly(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > CACHED_BLOCK_BYTES) return false;
  for (let i = start; i < end; i++) if ((bytes[i] as number) < 0x80) return false; // i < end
  return true;
}

function blockKey(bytes: Uint8Array, start: number, end: number): string {
  let key = '';
  for (let i = start; i < end; i++) key += String.fromCharCode(bytes[i] as number); // i < end
  return key;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
