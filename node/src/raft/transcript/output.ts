// Collects what a command of a transcript puts out, log lines among it.
import type { Logger } from '../../base/index.ts';

const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'NONE'] as const;

export class Output implements Logger {
  private text = '';
  private level = 0;

  /** Everything since the last call. */
  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  write(text: string): void {
    if (!this.isQuiet) this.text += text;
  }

  writeLine(text: string): void {
    this.write(`${text}\n`);
  }

  /** What `body` writes is indented by two. */
  indented(body: () => void): void {
    const before = this.take();
    body();
    const inner = this.take();
    const lines = inner.endsWith('\n') ? inner.slice(0, -1) : inner;
    this.text = before;
    if (inner !== '') this.text += `${lines.replace(/^/gm, '  ')}\n`;
  }

  get isQuiet(): boolean {
    return LEVELS[this.level] === 'NONE';
  }

  get levelName(): string {
    return LEVELS[this.level]!;
  }

  /** False when there is no such level. NONE silences everything but errors of commands. */
  setLevel(name: string): boolean {
    const level = LEVELS.findIndex((known) => known === name.toUpperCase());
    if (level >= 0) this.level = level;
    return level >= 0;
  }

  debug(message: string): void {
    this.log(0, message);
  }

  info(message: string): void {
    this.log(1, message);
  }

  warn(message: string): void {
    this.log(2, message);
  }

  error(message: string): void {
    this.log(3, message);
  }

  private log(level: number, message: string): void {
    if (this.level <= level) this.writeLine(`${LEVELS[level]} ${message}`);
  }
}
