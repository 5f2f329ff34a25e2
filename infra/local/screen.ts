// A terminal whose lower end is redrawn in place, while notices scroll by above it.
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
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
  /** What the terminal shows of it, and the rows that takes. */
  private shown: readonly string[] = [];
  private drawn = 0;

  constructor(terminal: WriteStream, environment: NodeJS.ProcessEnv) {
    this.terminal = terminal;
    this.color = (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
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
    if (this.block.length === 0) this.terminal.write(HIDE_CURSOR);
    this.block = [...block];
    this.frame('');
  }

  /** After the terminal changed its size, lines of the block may have been wrapped. */
  resized(): void {
    this.drawn = this.shown.reduce((rows, line) => rows + this.rowsOf(line), 0);
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
    const fitting = this.block.slice(0, Math.max(1, this.terminal.rows - 2));
    this.shown = fitting.length === 0 ? [] : ['', ...fitting];
    const body = this.shown.map((line) => `${line}\n`).join('');
    this.terminal.write(`${BEGIN_FRAME}\r${up}${ERASE_BELOW}${text}${body}${END_FRAME}`);
    this.drawn = this.shown.length;
  }

  private rowsOf(line: string): number {
    return Math.max(1, Math.ceil(stripVTControlCharacters(line).length / this.terminal.columns));
  }
}
