// How targets cut one input into the parts that they need. Every byte string can be cut.

/** Takes parts off the front; behind the end there are zeros and empty parts. */
export class Parts {
  private readonly input: Uint8Array;
  private position = 0;

  constructor(input: Uint8Array) {
    this.input = input;
  }

  get isEmpty(): boolean {
    return this.position >= this.input.length;
  }

  byte(): number {
    return this.input[this.position++] ?? 0;
  }

  uint16(): number {
    return (this.byte() << 8) | this.byte();
  }

  /** A part whose length stands in front of it in two bytes. */
  part(): Uint8Array {
    return this.take(this.uint16());
  }

  rest(): Uint8Array {
    return this.take(this.input.length);
  }

  private take(length: number): Uint8Array {
    const from = Math.min(this.position, this.input.length);
    const to = Math.min(from + length, this.input.length);
    this.position = to;
    return this.input.slice(from, to);
  }
}

/** The inverse of `Parts.part`. */
export function partOf(bytes: Uint8Array | string): Uint8Array {
  const body = Buffer.from(bytes as Uint8Array); // from() takes text as well
  const part = new Uint8Array(2 + body.length);
  part[0] = body.length >>> 8;
  part[1] = body.length;
  part.set(body, 2);
  return part;
}

/** Fails when the two differ; both are shown. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  const [a, b] = [shown(actual), shown(expected)];
  if (a !== b) throw new Error(`${what}: ${clipped(a)} instead of ${clipped(b)}`);
}

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (part instanceof Uint8Array) return `0x${Buffer.from(part).toString('hex')}`;
    if (part instanceof Map) return [...(part as Map<unknown, unknown>)];
    if (typeof part === 'number' && !Number.isFinite(part)) return String(part);
    return part;
  });
}

function clipped(text: string | undefined): string {
  const known = text ?? 'nothing';
  return known.length > 600 ? `${known.slice(0, 600)}…` : known;
}
