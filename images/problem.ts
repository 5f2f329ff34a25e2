/** Something for the person who builds to put right: shown without a stack trace. */
export class Problem extends Error {
  override name = 'Problem';
}
