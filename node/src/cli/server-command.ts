// The member as a process: flags in, logs out, signals and failures to an exit code.
import {
  createLogger,
  isLogLevel,
  letGarbageGather,
  realWorld,
  type RootLogger,
} from '../platform/index.ts';
import {
  BINNACLE_VERSION,
  ConfigError,
  ETCD_VERSION,
  PodMember,
  buildConfig,
  collectFlags,
  finishRestore,
  helpText,
  startMember,
  type ServerConfig,
} from '../server/index.ts';

/** Bad flags end with 2, as Go's flag package does; everything else that goes wrong with 1. */
const EXIT_USAGE = 2;
const EXIT_FAILURE = 1;

export async function runServer(argv: readonly string[]): Promise<void> {
  const config = readConfig(argv);
  if (config === undefined) return;
  const logger = createLogger({
    level: isLogLevel(config.logLevel) ? config.logLevel : 'info',
    outputs: config.logOutputs,
    format: config.logFormat === 'console' ? 'console' : 'json',
  });
  letGarbageGather();
  const life = new Lifetime(logger);
  try {
    life.running = await startIn(config, logger, life);
  } catch (error) {
    life.refuse(error);
  }
}

async function startIn(
  config: ServerConfig,
  logger: RootLogger,
  life: Lifetime,
): Promise<{ stop(): Promise<void> }> {
  const onFatal = (error: unknown): void => life.fail(error);
  if (config.kubernetes !== undefined) {
    const member = new PodMember(config, logger, onFatal, process.env);
    await member.start();
    return member;
  }
  await finishRestore({ world: realWorld(), logger, dataDir: config.dataDir });
  return startMember(config, logger, {
    onFatal,
    onRemoved: () => life.removed(),
    onRestore: () => life.replace(),
  });
}

/** Undefined when there was only something to print. */
function readConfig(argv: readonly string[]): ServerConfig | undefined {
  try {
    const values = collectFlags({ argv, environment: process.env });
    if (values.has('help')) {
      process.stdout.write(`${helpText()}\n`);
      return undefined;
    }
    if (values.get('version') === 'true') {
      process.stdout.write(versionText());
      return undefined;
    }
    return buildConfig(values);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`binnacle: ${error.message}\n`);
    process.exit(EXIT_USAGE);
  }
}

function versionText(): string {
  return [
    `etcd Version: ${ETCD_VERSION}`,
    `Binnacle Version: ${BINNACLE_VERSION}`,
    `Node Version: ${process.version}`,
    `OS/Arch: ${process.platform}/${process.arch}`,
    '',
  ].join('\n');
}

/** How the process ends. */
class Lifetime {
  running: { stop(): Promise<void> } | undefined;
  private readonly logger: RootLogger;
  private ending = false;

  constructor(logger: RootLogger) {
    this.logger = logger;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        logger.info('received signal; shutting down', { signal: signal.toLowerCase() });
        this.end(0);
      });
    }
    process.on('SIGPIPE', () => {});
    process.on('uncaughtException', (error) => this.fail(error));
    process.on('unhandledRejection', (error) => this.fail(error));
  }

  /** The member was removed from the cluster: that is an end on purpose, but not one to restart from. */
  removed(): void {
    this.logger.warn(
      'the member has been permanently removed from the cluster; the data-dir used by this member must be removed',
    );
    this.end(0);
  }

  /** A restore was committed. What this process still holds belongs to the past: the next one begins at once, under its number. */
  replace(): void {
    const { execPath, execArgv, argv, argv0 } = process;
    const args = [argv0, ...execArgv, ...argv.slice(1)];
    if (process.execve !== undefined) process.execve(execPath, args, process.env);
    process.exit(EXIT_FAILURE);
  }

  /** The start was refused. */
  refuse(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.logger.fatal('discovery failed or the member cannot start', { error: reason });
    if (process.stderr.isTTY) process.stderr.write(`binnacle: ${reason}\n`);
    process.exit(EXIT_FAILURE);
  }

  /** Nothing can be trusted any more: no clean-up that would write, just the reason. */
  fail(error: unknown): void {
    if (this.ending && this.running === undefined) return;
    const code = (error as NodeJS.ErrnoException | undefined)?.code; // anything may be thrown
    const reason = error instanceof Error ? error.message : String(error);
    if (code === 'ENOSPC') {
      this.logger.fatal(
        'the disk is full; the member stops so that nothing is half written. Free some space and start it again: what was acknowledged is intact',
        { error: reason },
      );
    } else {
      const stack = error instanceof Error ? error.stack : undefined;
      this.logger.fatal('the member stops after an error it cannot recover from', {
        error: reason,
        stacktrace: stack,
      });
    }
    process.exit(EXIT_FAILURE);
  }

  private end(code: number): void {
    if (this.ending) return;
    this.ending = true;
    const stopped = this.running?.stop() ?? Promise.resolve();
    stopped.then(
      () => process.exit(code),
      (error: unknown) => this.fail(error),
    );
  }
}
