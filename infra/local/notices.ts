// What the supervisor says. Where it goes (terminal, plain lines, the process that waits for a detached start) is chosen
// once, at the start.
import * as fs from 'node:fs';

export type Level = 'done' | 'info' | 'warn' | 'error';

export interface NoticeSink {
  notice(level: Level, text: string): void;
}

export class Notices {
  private readonly sinks: NoticeSink[] = [];

  add(sink: NoticeSink): void {
    this.sinks.push(sink);
  }

  /** Something has been achieved. */
  done(text: string): void {
    this.say('done', text);
  }

  info(text: string): void {
    this.say('info', text);
  }

  warn(text: string): void {
    this.say('warn', text);
  }

  error(text: string): void {
    this.say('error', text);
  }

  private say(level: Level, text: string): void {
    for (const sink of this.sinks) sink.notice(level, text);
  }
}

/** A line a notice, with the time and the level: for logs and pipes. */
export function plainLine(level: Level, text: string): string {
  const word = level === 'done' ? 'info' : level;
  return `${new Date().toISOString()} ${word.padEnd(5)} ${text.replaceAll('\n', '\n  ')}`;
}

/** Appends to a file. */
export function fileSink(path: string): NoticeSink {
  return {
    notice(level, text) {
      fs.appendFileSync(path, `${plainLine(level, text)}\n`, { mode: 0o600 });
    },
  };
}

export function plainSink(write: (text: string) => void): NoticeSink {
  return { notice: (level, text) => write(`${plainLine(level, text)}\n`) };
}
