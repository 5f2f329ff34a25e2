// Requests and answers as short text for the trace.
import { latin1FromBytes } from '../../base/index.ts';

const MAX_BYTES_SHOWN = 24;
const MAX_ITEMS_SHOWN = 8;
const MAX_CHARACTERS = 400;

/** The fields of a message that are set, as `key=/a/1 limit=3`; long values are cut. */
export function describe(message: unknown): string {
  return textOf(message).slice(0, MAX_CHARACTERS);
}

/** `Txn` of `/etcdserverpb.KV/Txn`. */
export function methodName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, MAX_ITEMS_SHOWN).map(textOf).join(' ');
    return value.length > MAX_ITEMS_SHOWN ? `[${shown} … ${value.length}]` : `[${shown}]`;
  }
  if (typeof value === 'bigint') return value.toString(16);
  if (typeof value !== 'object' || value === null) return String(value);
  return fieldsOf(value);
}

function fieldsOf(message: object): string {
  let text = '';
  for (const [name, value] of Object.entries(message)) {
    if (isDefault(value)) continue;
    const shown = name === 'header' ? headerText(value as object) : textOf(value); // a field's name tells its type
    const isNested =
      typeof value === 'object' && !(value instanceof Uint8Array) && name !== 'header';
    const framed = isNested && !Array.isArray(value) ? `(${shown})` : shown;
    text += `${text === '' ? '' : ' '}${name}=${framed}`;
  }
  return text;
}

/** The revision is what matters of a header. */
function headerText(header: object): string {
  return 'revision' in header ? String(header.revision) : '';
}

function isDefault(value: unknown): boolean {
  if (value === undefined || value === 0 || value === 0n || value === false || value === '')
    return true;
  return (value instanceof Uint8Array || Array.isArray(value)) && value.length === 0;
}

function bytesText(bytes: Uint8Array): string {
  const text = latin1FromBytes(bytes.subarray(0, MAX_BYTES_SHOWN)).replace(/[^!-~]/g, '.');
  return bytes.length > MAX_BYTES_SHOWN ? `${text}…${bytes.length}` : text;
}
