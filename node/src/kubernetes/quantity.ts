// Kubernetes quantities: `8Gi`, `500M`, `1.5Ti`, `1e9` (apimachinery pkg/api/resource/quantity.go).

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const QUANTITY = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e([+-]?[0-9]+)|([mkMGTPE]|[KMGTPE]i)?)$/i;

/** Bytes of a quantity, or undefined when it is none. */
export function quantityBytes(text: string): number | undefined {
  const match = QUANTITY.exec(text.trim());
  if (match === null) return undefined;
  const [, number, exponent, unit = ''] = match;
  if (exponent !== undefined) return Number(number) * 10 ** Number(exponent);
  const factor = UNITS[unit];
  return factor === undefined ? undefined : Number(number) * factor;
}
