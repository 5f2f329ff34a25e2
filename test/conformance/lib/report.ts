/**
 * Counts what passed and what failed, prints each as it happens, and ends with `N passed, N failed`.
 */

export class Report {
  #passed = 0;
  readonly #failures: string[] = [];
  #part = '';

  get passed(): number {
    return this.#passed;
  }

  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Runs one part; an error outside its tests counts as one failure. Prints how long it took. */
  async part(name: string, body: () => Promise<void>): Promise<void> {
    this.#part = name;
    const began = Date.now();
    console.log(`\n== ${name}`);
    try {
      await body();
    } catch (error) {
      this.fail('the part itself', error);
    }
    console.log(`== ${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }

  /** Runs one test. */
  async test(name: string, body: () => Promise<void>): Promise<boolean> {
    const began = Date.now();
    try {
      await body();
    } catch (error) {
      this.fail(name, error);
      return false;
    }
    this.pass(`${name} (${Date.now() - began} ms)`);
    return true;
  }

  pass(name: string): void {
    this.#passed++;
    console.log(`  ok   ${name}`);
  }

  fail(name: string, error: unknown): void {
    this.#failures.push(`${this.#part}: ${name}`);
    console.log(`  FAIL ${name}`);
    console.log(describe(error).replace(/^/gm, '       '));
  }

  /** Prints the failures and the last line. Returns the exit code. */
  finish(): number {
    if (this.#failures.length > 0) console.log('\nfailed:');
    for (const failure of this.#failures) console.log(`  ${failure}`);
    console.log(`\n${this.#passed} passed, ${this.#failures.length} failed`);
    return this.#failures.length === 0 ? 0 : 1;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const at = error.stack?.split('\n').find((line) => line.includes('/test/'));
  const cause = error.cause === undefined ? '' : `\ncause: ${describe(error.cause)}`;
  return `${error.message}${at === undefined ? '' : `\n${at.trim()}`}${cause}`.slice(0, 4_000);
}
