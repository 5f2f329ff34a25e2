// Prints the names of skipped tests after a run: a reason that nobody reads is none.
import type { Reporter, TestModule } from 'vitest/node';

export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const { note } = test.result() as { note?: string };
        console.log(`skipped: ${test.fullName}${note === undefined ? '' : `: ${note}`}`);
      }
    }
  }
}
