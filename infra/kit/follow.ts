// Waits until the cluster is what was asked for, and tells what happens meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../local/problem.ts';
import { gatherProgress } from './progress.ts';
import type { Kubectl } from './kubectl.ts';

const INTERVAL_MS = 1_500;
const LIMIT_MS = 20 * 60_000;

export interface Followed {
  readonly kubectl: Kubectl;
  readonly statefulSet: string;
  /** The job that carries this configuration out. */
  readonly job: string;
  readonly members: number;
  readonly say: (line: string) => void;
}

/** @throws Problem when the job has failed, or it takes longer than 20 minutes */
export async function follow(followed: Followed): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  let last = '';
  for (;;) {
    const { text, isDone, failure } = await gatherProgress(followed);
    if (text !== last) followed.say(text);
    last = text;
    if (failure !== undefined) throw new Problem(failure);
    if (isDone) return;
    if (Date.now() > deadline)
      throw new Problem(
        `It is not done after ${LIMIT_MS / 60_000} minutes: ${text}. It goes on by itself; see \`${followed.kubectl.command} get events\`.`,
      );
    await sleep(INTERVAL_MS);
  }
}
