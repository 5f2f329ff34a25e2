// Where the output goes: lines that stay, and on a terminal one below them that changes.

export interface Screen {
  /** Writes a line that stays. */
  line(text?: string): void;
  /** Shows a line below all others until the next one; nothing where nobody watches. */
  live(text: string): void;
}

const ERASE_LINE = '\r\u001b[2K';

/** The process's own. */
export function terminal(): Screen {
  const { stdout } = process;
  let isLive = false;
  const erase = (): void => {
    if (isLive) stdout.write(ERASE_LINE);
    isLive = false;
  };
  return {
    line(text = '') {
      erase();
      stdout.write(`${text}\n`);
    },
    live(text) {
      if (!stdout.isTTY) return;
      stdout.write(`${ERASE_LINE}${text.slice(0, stdout.columns - 1)}`);
      isLive = true;
    },
  };
}
