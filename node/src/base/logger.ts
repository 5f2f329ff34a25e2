// Structured logging. The implementation (platform/logger.ts) writes zap's JSON shape, which harnesses and log shippers parse.

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  /** Something an operator has to act on. A clean run has none. */
  error(message: string, fields?: LogFields): void;
}

export const SILENT_LOGGER: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
