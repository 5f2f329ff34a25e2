// `npm start`: prepares, starts, shows, and stops on a signal; in a terminal, in a pipe, or in the background.
import { WriteStream } from 'node:tty';
import { accessTo } from './member-flags.ts';
import { pasteLines } from './hints.ts';
import type { MemberView } from './observer.ts';
import { fileSink, Notices, plainSink, type NoticeSink } from './notices.ts';
import type { Paths } from './paths.ts';
import { prepare } from './prepare.ts';
import { Screen } from './screen.ts';
import { Supervisor } from './supervisor.ts';
import { renderTable } from './table.ts';

const LOOK_INTERVAL_MS = 1000;
const SIGNAL_ECHO_MS = 1000;
const FOOTER = ['Ctrl-C stops · edit `members` in cluster.yaml to scale · logs in .binnacle/logs'];

export interface RunOptions {
  /** True in the process that a detached start leaves behind. */
  readonly detached: boolean;
  /** Gets every notice too. */
  readonly sink?: NoticeSink | undefined;
  readonly onReady?: (() => void) | undefined;
}

/**
 * Runs the cluster until a signal ends it.
 * @throws Problem, ConfigFileError before anything is started
 */
export async function runCluster(paths: Paths, options: RunOptions): Promise<void> {
  const notices = new Notices();
  const { stdout } = process;
  const screen =
    stdout instanceof WriteStream && stdout.isTTY ? new Screen(stdout, process.env) : undefined;
  notices.add(screen ?? plainSink((text) => stdout.write(text)));
  if (options.sink !== undefined) notices.add(options.sink);
  try {
    const prepared = await prepare(paths, notices);
    // A detached one's plain lines go to that file anyway.
    if (!options.detached) notices.add(fileSink(paths.logFile('supervisor')));
    const supervisor = new Supervisor({ paths, prepared, notices, detached: options.detached });
    const stopped = stopOnSignals(supervisor, notices);
    const display = new Display(supervisor, notices, screen);
    display.begin();
    if (await supervisor.start()) {
      display.ready(accessTo(paths, supervisor.state));
      options.onReady?.();
      await supervisor.run();
    }
    await stopped;
    display.end();
    notices.done('all members have stopped; the next start finds their data in .binnacle');
  } finally {
    screen?.close();
  }
}

/** Resolves when a signal has come and all members have stopped. An error nobody expected stops them, too. */
function stopOnSignals(supervisor: Supervisor, notices: Notices): Promise<void> {
  return new Promise((resolve, reject) => {
    let firstMs = 0;
    const stop = (signal: string) => {
      const isSecond = supervisor.isStopping;
      // npm passes on the Ctrl-C that the terminal has sent already.
      if (isSecond && Date.now() - firstMs < SIGNAL_ECHO_MS) return;
      firstMs = Date.now();
      if (isSecond) notices.warn('killing what has not stopped yet');
      else notices.info(`${signal}: stopping the members`);
      supervisor.stop().then(() => (isSecond ? undefined : resolve()), reject);
    };
    process.on('SIGINT', () => stop('Ctrl-C'));
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGHUP', () => stop('SIGHUP'));
    process.on('uncaughtException', (error) => {
      process.exitCode = 1;
      notices.error(`the supervisor has failed: ${error.stack ?? error.message}`);
      stop('failure');
    });
  });
}

/** Looks at the members each second: the table in a terminal, the news (who leads) everywhere. */
class Display {
  private readonly supervisor: Supervisor;
  private readonly notices: Notices;
  private readonly screen: Screen | undefined;
  private timer: NodeJS.Timeout | undefined;
  private leader = '';
  private views: MemberView[] = [];
  private isEnded = false;
  /** Only the last look that was begun counts. */
  private turn = 0;

  constructor(supervisor: Supervisor, notices: Notices, screen: Screen | undefined) {
    this.supervisor = supervisor;
    this.notices = notices;
    this.screen = screen;
  }

  begin(): void {
    process.stdout.on('resize', () => {
      this.screen?.resized();
      this.draw();
    });
    void this.look();
  }

  ready(access: Parameters<typeof pasteLines>[0]): void {
    this.notices.done('the cluster is ready');
    const lines = pasteLines(access);
    if (this.screen === undefined) process.stdout.write(`${lines.join('\n')}\n`);
    else this.screen.print(`\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}\n`);
    clearTimeout(this.timer);
    void this.look();
  }

  end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
    this.screen?.show([]);
  }

  private async look(): Promise<void> {
    const before = Date.now();
    const turn = ++this.turn;
    const views = await this.supervisor.look(this.screen !== undefined);
    if (this.isEnded || turn !== this.turn) return;
    this.views = views;
    this.tellLeader();
    this.draw();
    const pauseMs = Math.max(100, LOOK_INTERVAL_MS - (Date.now() - before));
    this.timer = setTimeout(() => void this.look(), pauseMs);
  }

  private tellLeader(): void {
    const leader = this.views.find((view) => view.role === 'leader')?.name;
    if (leader === undefined || leader === this.leader || this.supervisor.isStopping) return;
    if (this.leader !== '') this.notices.info(`${leader} leads now (${this.leader} did before)`);
    this.leader = leader;
  }

  private draw(): void {
    if (this.screen === undefined || this.isEnded) return;
    const { state, desired, startedAt } = this.supervisor;
    const model = {
      cluster: state.name,
      tls: state.tls,
      desired,
      uptimeMs: Date.now() - startedAt.getTime(),
      members: this.views,
      footer: FOOTER,
    };
    const { width, color } = this.screen;
    this.screen.show(renderTable(model, { width, color }));
  }
}
