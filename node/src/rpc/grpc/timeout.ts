// The grpc-timeout header: up to eight digits and a unit.

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Milliseconds, or the text in which grpc-go (internal/transport/http_util.go) complains. */
export function parseTimeout(text: string): number | string {
  if (text.length < 2) return `transport: timeout string is too short: ${JSON.stringify(text)}`;
  if (text.length > 9) return `transport: timeout string is too long: ${JSON.stringify(text)}`;
  const unitMs = UNIT_MS[text.charAt(text.length - 1)];
  if (unitMs === undefined) {
    return `transport: timeout unit is not recognized: ${JSON.stringify(text)}`;
  }
  const digits = text.slice(0, -1);
  if (!/^\d+$/.test(digits)) {
    return `strconv.ParseUint: parsing ${JSON.stringify(digits)}: invalid syntax`;
  }
  return Number(digits) * unitMs;
}
