// A terminal whose lower end is redrawn in place, while notices scroll by above it.
import type { WriteStream } from 'node:tty';
import type { Level, NoticeSink } from './notices.ts';
import { paint, type Paint } from './table.ts';

const MARKS: Readonly<Record<Level, readonly [mark: string, paint: Paint]>> = {
  done: ['✓', 'green'],
  info: ['•', 'cyan'],
  warn: ['!', 'yellow'],
  error: ['✗', 'red'],
};

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_BELOW = '\x1b[J';
/** So that the terminal shows a frame whole, where it knows the sequence. */
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';

export class Screen implements NoticeSink {
  readonly color: boolean;
  private readonly terminal: WriteStream;
  private block: string[] = [];
  private drawn = 0;

  constructor(terminal: WriteStream, environment: NodeJS.ProcessEnv) {
    this.terminal = terminal;
    this.color = (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
    terminal.write(HIDE_CURSOR);
  }

  get width(): number {
    return Math.max(20, this.terminal.columns);
  }

  notice(level: Level, text: string): void {
    const [mark, style] = MARKS[level];
    this.print(`  ${paint(mark, style, this.color)} ${text.replaceAll('\n', '\n    ')}\n`);
  }

  /** Prints lines that stay. */
  print(text: string): void {
    this.frame(text);
  }

  /** Shows these lines, instead of those of the last call, below everything else. */
  show(block: readonly string[]): void {
    this.block = [...block];
    this.frame('');
  }

  /** After the terminal changed its size, lines may have been wrapped: begin on a fresh page. */
  resized(): void {
    this.terminal.write('\x1b[2J\x1b[H');
    this.drawn = 0;
    this.frame('');
  }

  /** Takes the block away and gives the terminal back. */
  close(): void {
    this.block = [];
    this.frame('');
    this.terminal.write(SHOW_CURSOR);
  }

  private frame(text: string): void {
    const up = this.drawn === 0 ? '' : `\x1b[${this.drawn}A`;
    // A block taller than the terminal would scroll, and could not be redrawn in place.
    const shown = this.block.slice(0, Math.max(1, this.terminal.rows - 2));
    const body = shown.length === 0 ? '' : `\n${shown.join('\n')}\n`;
    this.terminal.write(`${BEGIN_FRAME}\r${up}${ERASE_BELOW}${text}${body}${END_FRAME}`);
    this.drawn = shown.length === 0 ? 0 : shown.length + 1;
  }
}
