import { afterEach, beforeEach, expect, test } from 'vitest';
import { SILENT_LOGGER } from '../../base/index.ts';
import { realWorld } from '../../platform/index.ts';
import { ProbePort, type ProbeState } from './probe-port.ts';

// The port is fixed, so the address has to be one of its own.
const HOST = '127.0.73.1';
const STARTING: ProbeState = {
  startProblem: 'waiting for the policy',
  readyProblem: undefined,
  undecided: 'empty',
  rest: undefined,
};
const RUNNING: ProbeState = {
  startProblem: undefined,
  readyProblem: undefined,
  undecided: undefined,
  rest: (_request, responder) => responder.respond(200, {}, 'from the member'),
};

let state: ProbeState;
let port: ProbePort;

beforeEach(async () => {
  port = new ProbePort(realWorld().clock, SILENT_LOGGER, () => state);
  await port.listen(HOST);
});
afterEach(() => port.close());

async function ask(path: string): Promise<string> {
  const answer = await fetch(`http://${HOST}:2381${path}`);
  return `${answer.status} ${(await answer.text()).trim()}`;
}

test('while it starts, a pod is alive, and says what it waits for', async () => {
  state = STARTING;
  expect(await ask('/probe/live')).toBe('200 ok');
  expect(await ask('/probe/startup')).toBe('503 waiting for the policy');
  expect(await ask('/probe/ready')).toBe('503 waiting for the policy');
  expect(await ask('/probe/discovery')).toBe('200 {"state":"empty"}');
  expect(await ask('/metrics')).toBe('503 waiting for the policy');
});

test('once it runs, the rest is answered by the member', async () => {
  state = RUNNING;
  expect(await ask('/probe/startup')).toBe('200 ok');
  expect(await ask('/probe/ready?verbose')).toBe('200 ok');
  expect(await ask('/probe/discovery')).toBe('200 {"state":"decided"}');
  expect(await ask('/metrics')).toBe('200 from the member');
});

test('a member that is not ready is alive and started all the same', async () => {
  state = { ...RUNNING, readyProblem: 'the member is a learner' };
  expect(await ask('/probe/live')).toBe('200 ok');
  expect(await ask('/probe/startup')).toBe('200 ok');
  expect(await ask('/probe/ready')).toBe('503 the member is a learner');
});
