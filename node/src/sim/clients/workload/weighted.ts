// A choice between acts, each as likely as its weight says.
import type { SimRandom } from '../../world/random.ts';

export type Weighted<T> = readonly (readonly [weight: number, item: T])[];

export function pickWeighted<T>(random: SimRandom, items: Weighted<T>): T {
  let total = 0;
  for (const [weight] of items) total += weight;
  let at = random.below(total);
  for (const [weight, item] of items) {
    if (at < weight) return item;
    at -= weight;
  }
  return items[items.length - 1]![1]; // there is at least one item, and `at` is below the sum of weights
}
