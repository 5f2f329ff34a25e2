// Identifiers. All are 64-bit and random, so they are bigint; counters (term, index, revision) are number.

export type MemberId = bigint;
export type ClusterId = bigint;
export type LeaseId = bigint;
export type WatchId = bigint;
export type RequestId = bigint;

/** No member: raft's "no leader", "not voted". */
export const NO_MEMBER: MemberId = 0n;
export const NO_LEASE: LeaseId = 0n;

/** etcd's form of an id in logs, URLs and error texts: lower-case hex without padding. */
export function formatId(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16);
}

/** The id that formatId wrote, or undefined when the text is not one. */
export function parseId(text: string): bigint | undefined {
  return /^[0-9a-fA-F]{1,16}$/.test(text) ? BigInt(`0x${text}`) : undefined;
}
