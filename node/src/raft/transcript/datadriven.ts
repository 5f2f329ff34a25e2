// The file format of transcripts, as etcd-io/raft's testdata has it: a command with arguments and maybe some lines of
// input, a line of dashes, the output, and an empty line. Lines with # are comments.
import { assert } from '../../base/index.ts';

/** `key`, `key=value` or `key=(value, value)`. */
export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

export interface Block {
  /** Comments and empty lines before the command, as they are. */
  readonly preamble: readonly string[];
  /** The command and its input, as they are. */
  readonly source: readonly string[];
  readonly line: number;
  readonly command: string;
  readonly args: readonly Argument[];
  readonly input: string;
  /** Ends with a line break unless it is empty. */
  readonly expected: string;
}

const SEPARATOR = '----';

export function parseTranscript(text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let position = 0;
  for (;;) {
    const preamble: string[] = [];
    while (position < lines.length && isPreamble(lines[position]!)) {
      preamble.push(lines[position++]!);
    }
    if (position >= lines.length) return blocks;
    const line = position + 1;
    const source: string[] = [];
    while (lines[position] !== SEPARATOR) {
      assert(position < lines.length, `the command in line ${line} has no output`);
      source.push(lines[position++]!);
    }
    position++;
    const output = readOutput(lines, position);
    position = output.next;
    const [head = '', ...input] = source;
    const [command = '', ...args] = head.match(/[^\s=]+(?:=(?:\([^)]*\)|[^\s]+))?/g) ?? [];
    blocks.push({
      preamble,
      source,
      line,
      command,
      args: args.map(parseArgument),
      input: input.join('\n'),
      expected: output.text,
    });
  }
}

function isPreamble(line: string): boolean {
  return line.trim() === '' || line.startsWith('#');
}

/** Ends at an empty line; output with empty lines in it stands between double separators. */
function readOutput(lines: readonly string[], start: number): { text: string; next: number } {
  const isDouble = lines[start] === SEPARATOR;
  let next = isDouble ? start + 1 : start;
  const output: string[] = [];
  for (; next < lines.length; next++) {
    const line = lines[next]!;
    if (isDouble ? line === SEPARATOR && lines[next + 1] === SEPARATOR : line === '') break;
    output.push(line);
  }
  if (isDouble) next += 2;
  return { text: output.length === 0 ? '' : `${output.join('\n')}\n`, next };
}

function parseArgument(text: string): Argument {
  const [, key = text, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (value === undefined) return { key, values: [] };
  const list = /^\((.*)\)$/.exec(value)?.[1] ?? value;
  return { key, values: list.split(',').map((item) => item.trim()) };
}

/** The transcript with what its commands put out now. */
export function renderTranscript(blocks: readonly Block[], outputs: readonly string[]): string {
  const parts = blocks.map((block, position) => {
    const output = outputs[position]!;
    const fenced = /^$/m.test(output.slice(0, -1))
      ? `${SEPARATOR}\n${SEPARATOR}\n${output}${SEPARATOR}\n${SEPARATOR}\n`
      : `${SEPARATOR}\n${output}`;
    return `${[...block.preamble, ...block.source].join('\n')}\n${fenced}`;
  });
  return parts.join('');
}
