// Remembers how streams ended, because RFC 9113 section 5.1 answers frames on a closed stream by how it was closed. The
// newest stream of each slot is kept; of older ones nothing is known.

const SLOTS = 256;

export const ClosedBy = {
  /** Not known: never opened, or long ago. */
  Unknown: 0,
  /** The client ended or reset it: it must not send any more. */
  Client: 1,
  /** The server reset it: frames of the client may be under way. */
  Server: 2,
} as const;
export type ClosedBy = (typeof ClosedBy)[keyof typeof ClosedBy];

export class ClosedStreams {
  private readonly ids = new Uint32Array(SLOTS);
  private readonly reasons = new Uint8Array(SLOTS);

  add(streamId: number, by: ClosedBy): void {
    const slot = (streamId >>> 1) & (SLOTS - 1);
    this.ids[slot] = streamId;
    this.reasons[slot] = by;
  }

  reason(streamId: number): ClosedBy {
    const slot = (streamId >>> 1) & (SLOTS - 1);
    // Only values of ClosedBy are stored.
    return this.ids[slot] === streamId ? (this.reasons[slot] as ClosedBy) : ClosedBy.Unknown;
  }
}
