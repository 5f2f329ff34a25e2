// What the kit says, and asks.
import { createInterface } from 'node:readline/promises';
import { Problem } from '../local/problem.ts';

export interface Screen {
  readonly color: boolean;
  line(text?: string): void;
  /** The answer to a question; undefined where nobody can be asked. */
  ask(question: string): Promise<string | undefined>;
}

export const terminal: Screen = {
  color: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
  line: (text = '') => process.stdout.write(`${text}\n`),
  async ask(question) {
    if (!process.stdin.isTTY) return undefined;
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return (await lines.question(question)).trim();
    } finally {
      lines.close();
    }
  },
};

/** @throws Problem where nobody can be asked and --yes is missing */
export async function confirmed(
  screen: Screen,
  isConfirmed: boolean,
  word?: string,
): Promise<boolean> {
  if (isConfirmed) return true;
  const question = word === undefined ? 'Go ahead? [y/N] ' : `Type ${word} to go ahead: `;
  const answer = await screen.ask(question);
  if (answer === undefined) throw new Problem('Nobody can be asked here: add --yes to go ahead.');
  return word === undefined ? /^y(es)?$/i.test(answer) : answer === word;
}
