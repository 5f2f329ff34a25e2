// Messages that are encoded before they come to whoever sends them: what lies encoded in the store needs no decoding.
import type { Codec } from './codec.ts';
import type { Writer } from './writer.ts';

/** An encoded message. Its parts, one behind the other, are its bytes; nobody changes them before they are released. */
export class EncodedMessage {
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
  /** Called by who has sent the message, once nobody reads its parts any more: then their memory is used again. */
  readonly release: (() => void) | undefined;

  constructor(parts: readonly Uint8Array[], sizeBytes: number, release?: () => void) {
    this.parts = parts;
    this.sizeBytes = sizeBytes;
    this.release = release;
  }
}

/** Gives back the memory of an answer that nobody will send. */
export function releaseUnsent(response: unknown): void {
  if (response instanceof EncodedMessage) response.release?.();
}

/** The codec of messages of which some are encoded already. These are written once. */
export function orEncoded<T>(codec: Codec<T>): Codec<T | EncodedMessage> {
  return {
    name: codec.name,
    create: (init) => codec.create(init as Partial<T>), // nobody creates an encoded one field by field
    sizeOf: (message) =>
      message instanceof EncodedMessage ? message.sizeBytes : codec.sizeOf(message),
    write(message, writer) {
      if (message instanceof EncodedMessage) writeParts(message, writer);
      else codec.write(message, writer);
    },
    read: (reader, end) => codec.read(reader, end),
  };
}

function writeParts({ parts, release }: EncodedMessage, writer: Writer): void {
  for (const part of parts) {
    writer.bytes.set(part, writer.position);
    writer.position += part.length;
  }
  release?.();
}
