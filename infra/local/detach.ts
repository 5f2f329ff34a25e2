// `npm start -- --detach`: the supervisor as a background process. The caller waits until the cluster serves.
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pasteLines } from './hints.ts';
import { accessTo } from './member-flags.ts';
import { plainLine, type Level, type NoticeSink } from './notices.ts';
import type { Paths } from './paths.ts';
import { Problem } from './problem.ts';
import { runCluster } from './run.ts';
import { readState } from './state.ts';

const WAIT_MS = 120_000;

/** From the supervisor to the process that waits for it. */
type Message =
  | { readonly kind: 'notice'; readonly level: Level; readonly text: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly text: string };

/** @throws Problem with the supervisor's reason, when it does not come up */
export async function startDetached(paths: Paths): Promise<void> {
  fs.mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
  const logFile = paths.logFile('supervisor');
  const log = fs.openSync(logFile, 'a', 0o600);
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, '--supervise'], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  fs.closeSync(log);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new Problem(
            `The cluster is not ready after ${WAIT_MS / 1000} s. It goes on in the background: see \`npm run status\` ` +
              `and ${logFile}, or stop it with \`npm stop\`.`,
          ),
        ),
      WAIT_MS,
    );
    child.on('message', (message: Message) => {
      if (message.kind === 'notice')
        process.stdout.write(`${plainLine(message.level, message.text)}\n`);
      else if (message.kind === 'refused') reject(new Problem(message.text));
      else resolve();
      if (message.kind !== 'notice') clearTimeout(timer);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(
        new Problem(`The supervisor ended (${signal ?? `exit code ${code}`}): see ${logFile}.`),
      );
    });
    child.once('error', reject);
  }).finally(() => {
    if (child.connected) child.disconnect();
    child.unref();
  });
  const state = readState(paths);
  if (state === undefined) throw new Problem(`${paths.stateFile} is missing`);
  const lines = pasteLines(accessTo(paths, state));
  process.stdout.write(
    `${lines.join('\n')}\n\nIt runs in the background: \`npm run status\` shows it, \`npm stop\` stops it.\n`,
  );
}

/** What the background process does. */
export async function supervise(paths: Paths): Promise<void> {
  const send = (message: Message) => {
    // The one who waits may be gone.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  process.on('disconnect', () => undefined);
  const sink: NoticeSink = {
    notice: (level, text) => send({ kind: 'notice', level, text }),
  };
  try {
    await runCluster(paths, { detached: true, sink, onReady: () => send({ kind: 'ready' }) });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    process.stdout.write(`${plainLine('error', text)}\n`);
    await new Promise<void>((resolve) => {
      if (!process.connected) resolve();
      else process.send?.({ kind: 'refused', text }, undefined, undefined, () => resolve());
    });
    process.exitCode = 1;
  }
}
