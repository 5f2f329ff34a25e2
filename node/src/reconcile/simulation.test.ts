// The job against clusters whose members load late, die and come back, while the configuration changes and the job itself
// dies between any two writes: at no moment may anybody be locked out.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CONFIG_MAPS,
  SECRETS,
  type KitFile,
  type KitTls,
  type Secret,
} from '../kubernetes/index.ts';
import { ReconcileError, TlsJob } from './run.ts';
import { Crash } from './testing/memory-api.ts';
import { START_MS, testKit } from './testing/kit.ts';
import { SimulatedCluster } from './testing/simulated-cluster.ts';
import { handshake, isTrusted, type Side } from './testing/trust.ts';

const DAY_MS = 24 * 3600 * 1000;
const GRACE_MS = 60_000;
const MAX_RUNS = 60;
/** More of them: BINNACLE_SIMULATION_RUNS=1000. */
const RUNS = Number(process.env['BINNACLE_SIMULATION_RUNS'] ?? 5);

/** mulberry32: 0 ≤ value < 1, evenly. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Run {
  readonly cluster: SimulatedCluster;
  readonly lines: string[];
  readonly events: string[];
  /** R-ca as it was in the beginning. */
  oldCa?: Secret | undefined;
}

function start(kit: KitFile, random: () => number, startMs: number = START_MS): Run {
  const cluster = new SimulatedCluster(kit, { random, startMs, clientGraceMs: GRACE_MS });
  return { cluster, lines: [], events: [] };
}

function job({ cluster, lines, events }: Run): TlsJob {
  return new TlsJob(
    {
      api: cluster.api,
      ask: (address) => cluster.ask(address),
      now: () => cluster.now,
      sleep: (milliseconds) => cluster.sleep(milliseconds),
      print: (line) => lines.push(line),
      tell: (event) => Promise.resolve(void events.push(event.reason)),
    },
    cluster.kit,
    { gateTimeoutMs: 120_000, clientGraceMs: GRACE_MS },
  );
}

/** As the Job does: again until it succeeds. */
async function untilDone(run: Run): Promise<void> {
  for (let runs = 0; runs < MAX_RUNS; runs++) {
    try {
      return await job(run).run();
    } catch (error) {
      if (!(error instanceof Crash) && !(error instanceof ReconcileError)) throw error;
      await run.cluster.sleep(10_000);
    }
  }
  throw new Error(`the job never came to its end:\n${run.lines.slice(-20).join('\n')}`);
}

function expectDone({ cluster }: Run): void {
  cluster.settle();
  const { mode } = cluster.kit.tls;
  const advertise = mode === 'plain' ? 'http' : 'https';
  for (const member of cluster.members.values()) {
    expect(member.policy).toEqual({ accept: mode, advertise });
    expect([...member.known.values()].every((scheme) => scheme === advertise)).toBe(true);
  }
  if (mode === 'plain') return;
  const { server, client } = sidesOf(cluster);
  expect(isTrusted(server.pair.certificate, client.bundle, cluster.now)).toBe(true);
  expect(isTrusted(client.pair.certificate, server.bundle, cluster.now)).toBe(true);
  const bundles = [server.bundle, sidesOf(cluster).peer.bundle, client.bundle];
  expect(bundles.map((bundle) => bundle.split('BEGIN').length - 1)).toEqual([1, 1, 1]);
}

function sidesOf(cluster: SimulatedCluster): { server: Side; peer: Side; client: Side } {
  const { serverSecret, peerSecret, clientSecret } = cluster.kit.tls;
  return {
    server: cluster.side(serverSecret)!,
    peer: cluster.side(peerSecret)!,
    client: cluster.side(clientSecret)!,
  };
}

const found = (cluster: SimulatedCluster): void =>
  void cluster.api.put(CONFIG_MAPS, { metadata: { namespace: 'c', name: 'binnacle-cluster' } });

const DAMAGED_CA: Secret = { metadata: { namespace: 'c', name: 'binnacle-ca' } };

const changes = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('mode'),
      mode: fc.constantFrom('plain', 'server', 'mutual'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rotate') }) },
  fc.record({ kind: fc.constant('members'), members: fc.constantFrom(1, 3, 5) }),
  fc.record({ kind: fc.constant('days'), days: fc.integer({ min: 1, max: 115 }) }),
  fc.record({ kind: fc.constant('san'), name: fc.constantFrom('a.example.com', '10.0.0.5') }),
  fc.record({ kind: fc.constant('put back'), oldCa: fc.constant(true) }),
  fc.record({ kind: fc.constant('lose'), secret: fc.constantFrom('binnacle-ca', 'binnacle-tls') }),
);
type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never;

function apply(run: Run, change: Change): void {
  const { cluster } = run;
  const tls = (part: Partial<KitTls>) => ({ ...cluster.kit, tls: { ...cluster.kit.tls, ...part } });
  if ('mode' in change) cluster.configure(tls({ mode: change.mode as KitTls['mode'] }));
  else if ('members' in change) cluster.configure({ ...cluster.kit, members: change.members });
  else if ('name' in change) cluster.configure(tls({ extraSans: [change.name] }));
  else if ('days' in change) cluster.nowMs += change.days * DAY_MS;
  else if ('oldCa' in change) cluster.api.put(SECRETS, run.oldCa!);
  else if ('secret' in change) {
    cluster.api.remove(SECRETS, change.secret);
    cluster.api.remove(CONFIG_MAPS, change.secret);
  } else cluster.configure(tls({ caGeneration: cluster.kit.tls.caGeneration + 1 }));
}

test(
  'nobody is locked out at any moment, whatever happens, and everything is reached in the end',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('plain', 'server', 'mutual'),
        fc.array(
          fc.record({
            change: changes,
            crashAfter: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
            isAfterwards: fc.boolean(),
          }),
          { minLength: 2, maxLength: 7 },
        ),
        fc.nat(),
        async (mode, story, seed) => {
          const run = start(
            testKit({ mode: mode as KitTls['mode'], caLifetimeDays: 800 }),
            randomFrom(seed),
          );
          await untilDone(run);
          found(run.cluster);
          expectDone(run);
          run.oldCa = run.cluster.api.peek(SECRETS, 'binnacle-ca') ?? DAMAGED_CA;
          for (const { change, crashAfter, isAfterwards } of story) {
            apply(run, change);
            if (crashAfter !== undefined)
              run.cluster.api.crash = { writesLeft: crashAfter, isAfterwards };
            await untilDone(run);
            expectDone(run);
            expect(run.cluster.broken).toEqual([]);
          }
        },
      ),
      { numRuns: RUNS },
    );
  },
  RUNS * 5_000,
);

test('two jobs at once, one with an old configuration, do not get in each other’s way', async () => {
  const run = start(testKit({ mode: 'plain' }), randomFrom(3));
  await untilDone(run);
  found(run.cluster);
  const { kit } = run.cluster;
  const old = job(run);
  run.cluster.configure({ ...kit, tls: { ...kit.tls, mode: 'mutual', caGeneration: 2 } });
  await Promise.all([old.run(), untilDone(run)]);
  run.cluster.configure({ ...kit, tls: { ...run.cluster.kit.tls, caGeneration: 3 } });
  await Promise.all([untilDone(run), untilDone(run)]);
  expect(run.lines.some((line) => line.startsWith('somebody else was faster'))).toBe(true);
  expect(run.cluster.broken).toEqual([]);
  expectDone(run);
}, 30_000);

test('a rotation crosses every pair of certificates that can meet, by real handshakes', async () => {
  const run = start(testKit(), randomFrom(7), Date.now());
  await untilDone(run);
  found(run.cluster);
  const { kit, api } = run.cluster;
  const seen: ReturnType<typeof sidesOf>[] = [sidesOf(run.cluster)];
  const before = api.onWrite;
  api.onWrite = () => {
    before();
    seen.push(sidesOf(run.cluster));
  };
  run.cluster.configure({ ...kit, tls: { ...kit.tls, caGeneration: 2 } });
  run.events.length = 0;
  await untilDone(run);
  expect(run.events.filter((reason) => reason !== 'CertificateIssued')).toEqual([
    'RotationStarted',
    'TrustWidened',
    'LeavesReissued',
    'RotationDone',
  ]);
  // The stages that members can be at, at the same time: any two within one stage of the rotation.
  const stages = stagesOf(seen);
  expect(stages.length).toBe(4);
  for (const [i, stage] of stages.entries()) {
    for (const other of stages.slice(i, i + 2)) {
      const name = 'binnacle-0.binnacle-headless.c.svc.cluster.local';
      expect(await handshake(stage.peer, other.peer, name)).toBeUndefined();
      expect(await handshake(other.peer, stage.peer, name)).toBeUndefined();
      expect(await handshake(stage.server, other.client, name)).toBeUndefined();
      expect(await handshake(other.server, stage.client, name)).toBeUndefined();
    }
  }
  expect(await handshake(stages[0]!.server, stages[3]!.client, 'localhost')).toMatch(
    /server: |client: /,
  );
}, 30_000);

/** Those in which all three Secrets are at the same point. */
function stagesOf(seen: readonly ReturnType<typeof sidesOf>[]): ReturnType<typeof sidesOf>[] {
  const stages = new Map<string, ReturnType<typeof sidesOf>>();
  for (const sides of seen) {
    const cas = [sides.server, sides.peer, sides.client].map(({ bundle }) => bundle);
    const first = cas[0] ?? '';
    const issued = [sides.server, sides.peer, sides.client].map(({ pair }) =>
      isTrusted(pair.certificate, first.slice(0, first.indexOf('-----END') + 26), new Date()),
    );
    if (new Set(cas).size === 1 && new Set(issued).size === 1)
      stages.set(`${first}${issued[0]}`, sides);
  }
  return [...stages.values()];
}
