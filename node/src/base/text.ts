// UTF-8 text and bytes, without a dependency on the platform's types.
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export const EMPTY_BYTES = new Uint8Array(0);

export function utf8FromText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text, or undefined when `bytes` are not valid UTF-8. */
export function textFromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes that `text` takes in UTF-8. A lone surrogate counts as U+FFFD, as TextEncoder writes it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) length += 1;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 2;
      i++;
    } else length += 2;
  }
  return length;
}

/** Writes `text` at `position` of `target`; returns the position behind it. */
export function writeUtf8(text: string, target: Uint8Array, position: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      const bytes = encoder.encode(text.slice(i));
      target.set(bytes, position);
      return position + bytes.length;
    }
    target[position++] = unit;
  }
  return position;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
