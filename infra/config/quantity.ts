// Sizes and amounts: Kubernetes' quantities, and the sizes of a database.
import { quantityBytes } from '../../node/src/kubernetes/quantity.ts';
import { pattern, patternOrEmpty, text } from './fields.ts';

/** Those that people write; Kubernetes takes exponents, too. */
const QUANTITY = /^(\d+(?:\.\d+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;
const QUOTA = /^(\d+(?:\.\d+)?) ?(MiB|GiB|MB|GB|Mi|Gi)$/;
const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  MB: 1e6,
  GB: 1e9,
};
const LEAST_QUOTA_BYTES = 16 * 2 ** 20;
const LEAST_VOLUME_BYTES = 128 * 2 ** 20;

/** The number that a Kubernetes quantity stands for (`8Gi` in bytes, `250m` in cores); NaN when it is none. */
export function quantityValue(quantity: string): number {
  return (QUANTITY.test(quantity) ? quantityBytes(quantity) : undefined) ?? NaN;
}

/** Bytes of `2GiB`, `512MiB`, `2Gi`; NaN when it is no size. */
export function quotaBytes(quota: string): number {
  const match = QUOTA.exec(quota);
  return match === null ? NaN : Math.round(Number(match[1]) * (BYTES_PER_UNIT[match[2]!] ?? NaN));
}

/** An amount of something that pods ask for; '' for none. */
export const quantityOrNone = (example: string) =>
  text(`a quantity in quotes, such as "${example}"`)
    .refine((value) => value === '' || quantityValue(value) > 0, {
      error: `must be a Kubernetes quantity above zero, such as ${example}`,
    })
    .meta(patternOrEmpty(QUANTITY));

/** The size of a volume. */
export const volumeSize = (example: string) =>
  text(`a size, such as ${example}`)
    .refine((value) => !Number.isNaN(quantityValue(value)), {
      error: `must be a Kubernetes quantity, such as ${example} (Gi, not GiB)`,
    })
    .refine((value) => !(quantityValue(value) < LEAST_VOLUME_BYTES), {
      error: `must be 128Mi at least, such as ${example}`,
    })
    .meta(pattern(QUANTITY));

/** The size of a database. */
export const quotaSize = () =>
  text('a size, such as 2GiB')
    .refine((value) => quotaBytes(value) >= LEAST_QUOTA_BYTES, {
      error: 'must be a size from 16MiB on, such as 512MiB or 2GiB',
    })
    .meta(pattern(QUOTA));
