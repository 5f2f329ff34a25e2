// What a member's log says about its end.
import * as fs from 'node:fs';
import { readTail } from './files.ts';

const TAIL_BYTES = 64 * 1024;
const LEVELS = ['error', 'dpanic', 'panic', 'fatal'];

/** The last error a process wrote to its log, which it began at byte `from`; undefined when there is none. */
export function lastErrorIn(logFile: string, from: number): string | undefined {
  let text: string;
  try {
    const written = fs.statSync(logFile).size - from;
    if (written <= 0) return undefined;
    text = readTail(logFile, Math.min(written, TAIL_BYTES));
  } catch {
    return undefined;
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines.reverse()) {
    const found = errorOf(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A JSON line of a level that is an error; or one that is no JSON, as a crash prints it. */
function errorOf(line: string): string | undefined {
  if (!line.startsWith('{')) return /error/i.test(line) ? line.trim() : undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>; // a log line is an object
    if (!LEVELS.includes(String(entry['level']))) return undefined;
    const detail = entry['error'];
    return detail === undefined
      ? String(entry['msg'])
      : `${String(entry['msg'])}: ${String(detail)}`;
  } catch {
    return undefined;
  }
}
