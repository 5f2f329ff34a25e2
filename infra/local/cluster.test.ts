// The main job with real processes: start, status, a killed member, scaling up and down, stop, start again.
import { execFile, type ExecFileException } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { SERVER } from './paths.ts';
import { isAlive } from './run-file.ts';

const statusSchema = z.object({
  endpoints: z.array(z.string()),
  caFile: z.string(),
  certFile: z.string(),
  keyFile: z.string(),
  members: z.array(
    z.object({
      name: z.string(),
      id: z.string().nullable(),
      role: z.string(),
      pid: z.int().nullable(),
      clientUrl: z.string(),
      peerUrl: z.string(),
      dataDir: z.string(),
      revision: z.int().nullable(),
      dbSize: z.int().nullable(),
    }),
  ),
});
type Status = z.output<typeof statusSchema>;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let clientPort: number;

function up(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      SERVER,
      ['up', ...args],
      { cwd: folder },
      (error: ExecFileException | null, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

async function status(): Promise<Status> {
  return statusSchema.parse(JSON.parse((await up('--status', '--json')).stdout));
}

/** Waits until the status is as wanted. */
async function until(what: string, isReached: (now: Status) => boolean): Promise<Status> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const now = await status();
    if (isReached(now)) return now;
    if (Date.now() > deadline) {
      throw new Error(
        `no ${what}: ${JSON.stringify(now.members, undefined, 1)}\n${supervisorLog()}`,
      );
    }
    await sleep(200);
  }
}

function supervisorLog(): string {
  return fs.readFileSync(join(folder, '.binnacle/logs/supervisor.log'), 'utf8');
}

const isHealthy = (now: Status, count: number) =>
  now.members.length === count &&
  now.members.filter((each) => each.role === 'leader').length === 1 &&
  now.members.filter((each) => each.role === 'follower').length === count - 1;

function writeConfig(members: number): void {
  const text = `members: ${members}\nlocal:\n  clientPort: ${clientPort}\n  peerPort: ${clientPort + 1}\n`;
  fs.writeFileSync(join(folder, 'cluster.yaml'), text);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A first port with room for five members, below the range from which outgoing connections are numbered. */
async function findPorts(): Promise<number> {
  for (let first = 20_000 + (process.pid % 500) * 20; ; first += 60) {
    const ports = Array.from({ length: 5 }, (_, index) => [
      first + 10 * index,
      first + 10 * index + 1,
    ]);
    const free = await Promise.all(ports.flat().map(isFree));
    if (free.every(Boolean)) return first;
  }
}

beforeAll(async () => {
  folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'binnacle up ')));
  clientPort = await findPorts();
  writeConfig(3);
});
afterAll(async () => {
  await up('--stop');
  fs.rmSync(folder, { recursive: true });
});

it('refuses to start on a taken port, before anything is made', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(clientPort + 10, '127.0.0.1', resolve));
  const outcome = await up();
  server.close();
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain(`Port ${clientPort + 10} is taken by another program: m2`);
  expect(outcome.stderr).toContain(`local.clientPort in cluster.yaml, ${clientPort}, plus 10`);
  expect(fs.existsSync(join(folder, '.binnacle/members'))).toBe(false);
});

it('says there is nothing before the first start', async () => {
  expect(await up('--status')).toMatchObject({ code: 1, stdout: '' });
  expect((await up('--stop')).stdout).toBe('Nothing is running.\n');
});

it('starts in the background, and shows what runs', async () => {
  const outcome = await up('--detach');
  expect(outcome.stderr).toBe('');
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toContain('export ETCDCTL_ENDPOINTS=https://127.0.0.1:');
  const now = await status();
  expect(isHealthy(now, 3)).toBe(true);
  expect(now.members.map((each) => each.clientUrl)).toEqual(now.endpoints);
  for (const file of [now.caFile, now.certFile, now.keyFile])
    expect(fs.existsSync(file)).toBe(true);
  for (const member of now.members) {
    expect(isAlive(member.pid!)).toBe(true);
    expect(member.id).toMatch(/^[0-9a-f]{1,16}$/);
    expect(fs.existsSync(member.dataDir)).toBe(true);
    expect(member.revision).toBe(1);
    expect(member.dbSize).toBeGreaterThan(0);
  }
  expect((await up('--status')).stdout).toContain('3 of 3 members up');
}, 60_000);

it('does not run twice', async () => {
  const outcome = await up('--detach');
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toMatch(/already running.*npm stop/);
});

it('starts a member again that was killed', async () => {
  const victim = (await status()).members.find((each) => each.role === 'leader')!;
  process.kill(victim.pid!, 'SIGKILL');
  const now = await until('new process', (each) => {
    const again = each.members.find((member) => member.name === victim.name);
    return isHealthy(each, 3) && again?.pid !== victim.pid;
  });
  expect(now.members.find((each) => each.name === victim.name)?.id).toBe(victim.id);
  expect(supervisorLog()).toContain(
    `${victim.name} was ended by SIGKILL and is started again in 0.5 s`,
  );
}, 60_000);

it('scales to five and back when cluster.yaml is edited, and survives a wrong edit', async () => {
  const first = await status();
  fs.writeFileSync(join(folder, 'cluster.yaml'), 'members: many\n');
  while (!supervisorLog().includes('cluster.yaml:1:1: members: must be')) await sleep(100);
  writeConfig(5);
  const five = await until('five members', (now) => isHealthy(now, 5));
  expect(five.members.slice(0, 3).map((each) => each.pid)).toEqual(
    first.members.map((each) => each.pid),
  );
  writeConfig(3);
  const three = await until('three members', (now) => isHealthy(now, 3));
  expect(three.members.map((each) => each.id)).toEqual(first.members.map((each) => each.id));
  for (const { name, pid, dataDir } of five.members.slice(3)) {
    expect(isAlive(pid!)).toBe(false);
    expect(fs.existsSync(dataDir)).toBe(false);
    const kept = fs.readdirSync(join(folder, '.binnacle/removed'));
    expect(kept.some((each) => each.startsWith(`${name}-`))).toBe(true);
  }
}, 90_000);

it('stops, and finds its data at the next start', async () => {
  const before = await status();
  expect((await up('--stop')).stdout).toContain('Stopped.');
  for (const { pid } of before.members) expect(isAlive(pid!)).toBe(false);
  const stopped = await up('--status', '--json');
  expect(stopped.code).toBe(1);
  expect(stopped.stdout).toContain('"role": "stopped"');
  expect((await up('--detach')).code).toBe(0);
  const after = await status();
  expect(after.members.map((each) => each.id)).toEqual(before.members.map((each) => each.id));
}, 60_000);

it('ends what a killed supervisor left behind, then starts anew', async () => {
  const before = await status();
  const run = JSON.parse(fs.readFileSync(join(folder, '.binnacle/run.json'), 'utf8')) as {
    supervisorPid: number;
  };
  process.kill(run.supervisorPid, 'SIGKILL');
  while (isAlive(run.supervisorPid)) await sleep(20);
  for (const { pid } of before.members) expect(isAlive(pid!)).toBe(true);
  const outcome = await up('--detach');
  expect(outcome.stdout).toContain('the last run was cut off and left m1 (process');
  expect(outcome.code).toBe(0);
  for (const { pid } of before.members) expect(isAlive(pid!)).toBe(false);
  expect(isHealthy(await status(), 3)).toBe(true);
}, 60_000);

it('refuses a folder whose data is gone, and a cluster whose ports were changed', async () => {
  await up('--stop');
  const data = join(folder, '.binnacle/members/m2');
  fs.renameSync(data, `${data}.away`);
  const lost = await up('--detach');
  expect(lost.code).toBe(1);
  expect(lost.stderr).toMatch(/half written: .*m2 is missing/);
  fs.renameSync(`${data}.away`, data);
  clientPort += 2;
  writeConfig(3);
  const moved = await up('--detach');
  expect(moved.stderr).toContain(`cluster.yaml:3: local.clientPort: is ${clientPort}, but`);
}, 30_000);
