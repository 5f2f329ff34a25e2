// How a command fails, and with which exit code (etcd: pkg/cobrautl/error.go).

export const EXIT_ERROR = 1;
export const EXIT_BAD_ARGUMENTS = 128;

/** The command line cannot be understood. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Prints `Error: …` and sets the exit code. */
export function reportFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`Error: ${message}\n`);
  process.exitCode = error instanceof UsageError ? EXIT_BAD_ARGUMENTS : EXIT_ERROR;
}
