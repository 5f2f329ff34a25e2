// A parser with a planted bug, on which the engine is tested: nobody finds it by chance, and each byte on the way shows.

/** Reads `BUG` | version | u16 length | checksum | body; breaks on a body whose length is 1000 or more too long. */
export function parsePlanted(input: Uint8Array): string {
  if (input[0] !== 0x42 || input[1] !== 0x55 || input[2] !== 0x47) return 'no magic';
  const version = input[3];
  if (version !== 3) return 'other version';
  const length = ((input[4] ?? 0) << 8) | (input[5] ?? 0);
  const checksum = input[6] ?? 0;
  if (checksum !== ((length ^ 0x5a) & 0xff)) return 'wrong checksum';
  if (length > input.length + 1000) throw new RangeError('planted: body out of bounds');
  try {
    return word(input.subarray(7));
  } catch {
    return 'caught'; // which must not hide that it went round for ever
  }
}

/** Goes round for ever on a body that says so. */
function word(body: Uint8Array): string {
  const text = String.fromCharCode(...body.subarray(0, 7));
  let count = 0;
  while (text === 'forever') count++;
  return `${count} ${text}`;
}
