// Tables as etcd's tools draw them.

/** Headers in capitals and centred, cells to the right (`-w table` of etcdctl and etcdutl). */
export function drawTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const titles = headers.map((header) => header.toUpperCase());
  const widths = titles.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (left: string, middle: string, right: string) =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(middle)}${right}`;
  const row = (cells: readonly string[], place: (cell: string, width: number) => string) =>
    `│${cells.map((cell, i) => ` ${place(cell, widths[i] ?? 0)} `).join('│')}│`;
  return [
    line('┌', '┬', '┐'),
    row(titles, centred),
    line('├', '┼', '┤'),
    ...rows.map((cells) => row(cells, (cell, width) => cell.padStart(width))),
    line('└', '┴', '┘'),
    '',
  ].join('\n');
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2);
  return `${' '.repeat(left)}${text}`.padEnd(width);
}

/** `a, b, c`: a row of etcd's simple format. */
export function simpleRow(cells: readonly string[]): string {
  return `${cells.join(', ')}\n`;
}
