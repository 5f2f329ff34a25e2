// Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002, section 3): the
// smallest list that still fails, in the sense that leaving out any one item makes it pass.

/** The first of the candidates, in their order, that still fails; undefined when all of them pass. */
export type FindFailing<T> = (candidates: readonly T[]) => Promise<T | undefined>;

/** @param items a list that fails */
export async function minimizeList<T>(
  items: readonly T[],
  findFailing: FindFailing<readonly T[]>,
): Promise<readonly T[]> {
  if (items.length === 0) return items;
  const none = await findFailing([[]]);
  if (none !== undefined) return none;
  let current = items;
  let parts = Math.min(2, current.length);
  while (current.length > 1) {
    const smaller = await findFailing(withoutEachPart(current, parts));
    if (smaller !== undefined) {
      current = smaller;
      parts = Math.min(Math.max(parts - 1, 2), current.length);
    } else if (parts >= current.length) {
      return current;
    } else {
      parts = Math.min(parts * 2, current.length);
    }
  }
  return current;
}

/** The list cut into `parts` about equal parts, each time without one of them. */
function withoutEachPart<T>(items: readonly T[], parts: number): T[][] {
  const bounds = Array.from({ length: parts + 1 }, (_, i) =>
    Math.floor((i * items.length) / parts),
  );
  return Array.from({ length: parts }, (_, i) => [
    ...items.slice(0, bounds[i]),
    ...items.slice(bounds[i + 1]),
  ]);
}
