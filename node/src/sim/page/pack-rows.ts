// Spans that overlap lie below each other.
import type { Span } from './page-model.ts';

/**
 * Gives each span the highest row that is free when it begins.
 *
 * @param spans in the order of their beginning
 * @returns how many rows were needed
 */
export function packRows(spans: readonly Span[], firstRow: number): number {
  const freeFromMs: number[] = [];
  for (const span of spans) {
    let row = freeFromMs.findIndex((ms) => ms <= span.fromMs);
    if (row < 0) row = freeFromMs.length;
    freeFromMs[row] = span.toMs;
    span.row = firstRow + row;
  }
  return freeFromMs.length;
}
