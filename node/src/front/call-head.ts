// The head of a call, in front of its first message: what a handler may ask about it.
//
//   method u8 | flags u8 | length of names u16 | timeout f64 | names | message
//   names     address, and behind a zero byte the certificate's common name if there is one
import type { CallContext } from '../base/call.ts';

/** The one header that handlers look at (etcd: api/v3rpc/rpctypes/metadatafields.go). */
export const REQUIRE_LEADER_HEADER = 'hasleader';

const REQUIRES_LEADER = 1;
const HAS_TIMEOUT = 2;
const HAS_COMMON_NAME = 4;
const TIMEOUT_AT = 4;
const NAMES_AT = 12;
/** Methods are numbered in a byte. */
export const MAX_METHODS = 256;

/** The names of the last call: connections tend to come in turns, and their calls in bursts. */
let lastAddress = '';
let lastCommonName: string | undefined;
let lastNames: Uint8Array = new Uint8Array(0);

function namesOf({ remoteAddress, certificateCommonName }: CallContext): Uint8Array {
  if (remoteAddress === lastAddress && certificateCommonName === lastCommonName) return lastNames;
  lastAddress = remoteAddress;
  lastCommonName = certificateCommonName;
  lastNames = Buffer.from(
    certificateCommonName === undefined
      ? remoteAddress
      : `${remoteAddress}\0${certificateCommonName}`,
  );
  return lastNames;
}

/** Bytes of the head of `call`. Write it before the next one is asked for. */
export function headBytes(call: CallContext): number {
  return NAMES_AT + namesOf(call).length;
}

/** Writes the head and returns the offset behind it. */
export function writeHead(
  bytes: Uint8Array,
  at: number,
  method: number,
  call: CallContext,
): number {
  const names = namesOf(call);
  const { timeoutMs, certificateCommonName } = call;
  bytes[at] = method;
  bytes[at + 1] =
    (call.header(REQUIRE_LEADER_HEADER) === 'true' ? REQUIRES_LEADER : 0) |
    (timeoutMs === undefined ? 0 : HAS_TIMEOUT) |
    (certificateCommonName === undefined ? 0 : HAS_COMMON_NAME);
  Buffer.prototype.writeUInt16LE.call(bytes, names.length, at + 2);
  Buffer.prototype.writeDoubleLE.call(bytes, timeoutMs ?? 0, at + TIMEOUT_AT);
  bytes.set(names, at + NAMES_AT);
  return at + NAMES_AT + names.length;
}

/** What was written by writeHead, read as far as somebody asks. */
export class CallHead {
  readonly method: number;
  /** Where the message begins. */
  readonly end: number;
  private readonly bytes: Uint8Array;
  private readonly flags: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.method = bytes[0] ?? 0;
    this.flags = bytes[1] ?? 0;
    this.end = NAMES_AT + ((bytes[2] ?? 0) | ((bytes[3] ?? 0) << 8));
  }

  get requiresLeader(): boolean {
    return (this.flags & REQUIRES_LEADER) !== 0;
  }

  get timeoutMs(): number | undefined {
    if ((this.flags & HAS_TIMEOUT) === 0) return undefined;
    return Buffer.prototype.readDoubleLE.call(this.bytes, TIMEOUT_AT);
  }

  get remoteAddress(): string {
    return this.names[0] ?? '';
  }

  get certificateCommonName(): string | undefined {
    return (this.flags & HAS_COMMON_NAME) === 0 ? undefined : this.names[1];
  }

  private get names(): string[] {
    return Buffer.from(this.bytes.subarray(NAMES_AT, this.end)).toString('utf8').split('\0');
  }
}
