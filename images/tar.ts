// Reads tar archives (POSIX.1-2001 pax and GNU long names), as far as images and their layers need it.

export interface TarEntry {
  /** Without a leading `./` and a trailing slash. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly mtimeSeconds: number;
  /** Of a symbolic or hard link. */
  readonly target: string;
  readonly data: Buffer;
}

const BLOCK = 512;
const TYPES: Readonly<Record<string, TarEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '5': 'folder',
  '1': 'link',
  '2': 'link',
};

/** Entries in the order of the archive; `data` are views of `archive`. */
export function* tarEntries(archive: Buffer): Generator<TarEntry> {
  let overrides = new Map<string, string>();
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[0] === 0) return;
    const size = Number(overrides.get('size') ?? octal(header, 124, 12));
    const data = archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156]!);
    if (type === 'x' || type === 'L' || type === 'K') {
      for (const [key, value] of extended(type, data)) overrides.set(key, value);
      continue;
    }
    if (type === 'g') continue;
    const prefix = text(header, 345, 155);
    const name = text(header, 0, 100);
    yield {
      path: tidy(overrides.get('path') ?? (prefix === '' ? name : `${prefix}/${name}`)),
      type: TYPES[type] ?? 'other',
      mode: octal(header, 100, 8),
      uid: Number(overrides.get('uid') ?? octal(header, 108, 8)),
      mtimeSeconds: Number(overrides.get('mtime') ?? octal(header, 136, 12)),
      target: overrides.get('linkpath') ?? text(header, 157, 100),
      data,
    };
    overrides = new Map();
  }
}

const text = (header: Buffer, offset: number, length: number): string =>
  header
    .subarray(offset, offset + length)
    .toString('utf8')
    .replace(/\0.*$/s, '');

const octal = (header: Buffer, offset: number, length: number): number =>
  Number.parseInt(text(header, offset, length).trim() || '0', 8);

const tidy = (path: string): string => path.replace(/^(\.?\/)+/, '').replace(/\/$/, '');

/** What a header before the entry says of it: `LENGTH KEY=VALUE\n` (pax), or a long name alone (GNU). */
function extended(type: string, data: Buffer): [key: string, value: string][] {
  if (type !== 'x') return [[type === 'L' ? 'path' : 'linkpath', text(data, 0, data.length)]];
  const records: [string, string][] = [];
  for (let at = 0; at < data.length;) {
    const length = Number.parseInt(data.subarray(at, data.indexOf(0x20, at)).toString(), 10);
    const record = data.subarray(at, at + length).toString('utf8');
    const equals = record.indexOf('=');
    records.push([record.slice(record.indexOf(' ') + 1, equals), record.slice(equals + 1, -1)]);
    at += length;
  }
  return records;
}
