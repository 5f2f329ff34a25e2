// Corners of the planner that a simulation meets too seldom.
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import {
  CONFIG_MAPS,
  SECRETS,
  type KitFile,
  type KitTls,
  type Secret,
} from '../kubernetes/index.ts';
import { createAuthority, issueLeaf, readAuthority, type WantedLeaf } from '../pki/index.ts';
import { act } from './act.ts';
import { ROLES, wantedLeaves, type Role } from './names.ts';
import { observe, type Snapshot } from './objects.ts';
import { plan } from './plan.ts';
import type { Action, Step } from './step.ts';
import { START_MS, testKit } from './testing/kit.ts';
import { MemoryApi } from './testing/memory-api.ts';

const DAY_MS = 24 * 3600 * 1000;
const GRACE_MS = 90_000;

let api: MemoryApi;
let nowMs: number;

beforeEach(() => {
  api = new MemoryApi();
  nowMs = START_MS;
});

async function look(kit: KitFile, changed: boolean = false): Promise<[Step, Snapshot]> {
  const snapshot = await observe(api, kit);
  const { observed } = snapshot;
  const now = new Date(nowMs);
  return [plan({ kit, observed, now, clientGraceMs: GRACE_MS, changed }), snapshot];
}

/** Carries out what is planned, as if all gates were open, until it is done or fails. */
async function untilDone(kit: KitFile): Promise<Action[]> {
  const done: Action[] = [];
  while (done.length < 50) {
    const [{ action }, snapshot] = await look(kit);
    if (['done', 'fail', 'wait'].includes(action.kind)) return done;
    done.push(action);
    await act({ api, kit, snapshot, now: new Date(nowMs) }, action);
  }
  throw new Error('no end');
}

const found = (): void =>
  void api.put(CONFIG_MAPS, { metadata: { namespace: 'c', name: 'binnacle-cluster' } });

const policyOf = (): string | undefined =>
  api.peek(CONFIG_MAPS, 'binnacle-tls')?.data?.['policy.json'];

const kinds = (actions: readonly Action[]): string[] =>
  actions.map((action) => ('role' in action ? `${action.kind} ${action.role}` : action.kind));

function change(name: string, texts: Readonly<Record<string, string>>): void {
  const secret = api.peek(SECRETS, name) as Secret; // there
  const entries = Object.entries(texts);
  const data = Object.fromEntries(entries.map(([key, text]) => [key, btoa(text)]));
  api.put(SECRETS, { ...secret, data: { ...secret.data, ...data } });
}

it('installs in the order in which members may start', async () => {
  expect(kinds(await untilDone(testKit()))).toEqual([
    'create-authority',
    'write-leaf server',
    'write-leaf peer',
    'write-leaf client',
    'set-policy',
  ]);
  expect(policyOf()).toBe('{"accept":"mutual","advertise":"https"}\n');
  const secret = api.peek(SECRETS, 'binnacle-server-tls');
  expect(secret).toMatchObject({
    type: 'kubernetes.io/tls',
    metadata: { labels: { 'app.kubernetes.io/managed-by': 'binnacle' } },
  });
  expect(Object.keys(secret?.data ?? {}).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
});

it('makes no certificates where nobody uses any', async () => {
  expect(kinds(await untilDone(testKit({ mode: 'plain' })))).toEqual(['set-policy']);
});

it('asks nobody when there is nothing to do, and everybody when there was', async () => {
  await untilDone(testKit());
  expect((await look(testKit()))[0]).toEqual({ action: { kind: 'done' } });
  const [{ gate }] = await look(testKit(), true);
  expect(gate?.trustsOnly?.length).toBe(1);
  expect(gate?.leaves?.server).toMatch(/^[0-9a-f]{64}$/);
});

it('lets both in when the policy of a cluster was deleted, and then goes on', async () => {
  await untilDone(testKit());
  found();
  api.remove(CONFIG_MAPS, 'binnacle-tls');
  const policies = (await untilDone(testKit())).map((one) => 'policy' in one && one.policy.accept);
  expect(policies).toEqual(['both', 'mutual']);
  api.remove(CONFIG_MAPS, 'binnacle-tls');
  const plain = (await untilDone(testKit({ mode: 'plain' }))).map((one) => 'policy' in one);
  expect(plain.length).toBe(2);
  expect(policyOf()).toContain('plain');
});

it('restores the policy before it replaces a CA that was lost with it', async () => {
  await untilDone(testKit());
  found();
  api.remove(CONFIG_MAPS, 'binnacle-tls');
  api.remove(SECRETS, 'binnacle-ca');
  const actions = kinds(await untilDone(testKit()));
  expect(actions.slice(0, 2)).toEqual(['set-policy', 'begin-rotation']);
});

it('leads trust over to a new CA when the key of the old one is lost', async () => {
  await untilDone(testKit());
  found();
  change('binnacle-ca', { 'tls.key': 'nonsense' });
  const [{ action }] = await look(testKit());
  expect(action).toMatchObject({ kind: 'begin-rotation', reason: expect.stringContaining('lost') });
  expect(kinds(await untilDone(testKit()))).toEqual([
    'begin-rotation',
    ...ROLES.map((role) => `write-bundle ${role}`),
    'switch-authority',
    ...ROLES.map((role) => `write-leaf ${role}`),
    'end-rotation',
    ...ROLES.map((role) => `write-bundle ${role}`),
  ]);
});

it('leads trust over from a CA with a key of another kind, as cert-manager may have left', async () => {
  await untilDone(testKit());
  found();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: 'CN=foreign CA',
      issuer: 'CN=foreign CA',
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + 900 * DAY_MS),
      signingAlgorithm: algorithm,
      publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
      signingKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
      extensions: [new x509.BasicConstraintsExtension(true)],
    },
    webcrypto as unknown as Crypto, // Node's and the DOM's declarations of the same interface
  );
  change('binnacle-ca', {
    'tls.crt': certificate.toString('pem'),
    'tls.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
  const actions = kinds(await untilDone(testKit()));
  expect(actions.filter((kind) => !kind.includes(' '))).toEqual([
    'begin-rotation',
    'switch-authority',
    'end-rotation',
  ]);
});

it('does not drop the CA in use when an older R-ca was put back', async () => {
  await untilDone(testKit());
  found();
  const older = api.peek(SECRETS, 'binnacle-ca') as Secret; // just made
  await untilDone(testKit({ caGeneration: 2 }));
  api.put(SECRETS, older);
  const [{ action }] = await look(testKit({ caGeneration: 2 }));
  expect(action).toMatchObject({ kind: 'begin-rotation', generation: 2 });
  expect('adopted' in action && action.adopted?.split('BEGIN').length).toBe(3);
  expect(kinds(await untilDone(testKit({ caGeneration: 2 }))).filter(isBeginning).length).toBe(1);
});

it('lets a CA that nobody trusts yet issue only in place of what is no use anyway', async () => {
  await untilDone(testKit());
  found();
  nowMs += 250 * DAY_MS; // leaves are due
  change('binnacle-ca', { 'tls.key': '' });
  api.remove(SECRETS, 'binnacle-client-tls');
  const actions = kinds(await untilDone(testKit()));
  const widening = actions.slice(0, actions.indexOf('switch-authority'));
  // Server and peer are due, but still good.
  expect(widening).toEqual([
    'begin-rotation',
    'write-bundle server',
    'write-bundle peer',
    'write-leaf client',
  ]);
});

it('honours caGeneration upwards only, and takes several steps as one', async () => {
  await untilDone(testKit());
  expect(kinds(await untilDone(testKit({ caGeneration: 4 }))).filter(isBeginning).length).toBe(1);
  expect(await untilDone(testKit({ caGeneration: 2 }))).toEqual([]);
  expect(kinds(await untilDone(testKit({ caGeneration: 5 }))).filter(isBeginning).length).toBe(1);
});

const isBeginning = (kind: string): boolean => kind === 'begin-rotation';

it('rotates a CA in the last third of its life, and renews leaves before', async () => {
  const kit = testKit({ caLifetimeDays: 900 });
  await untilDone(kit);
  nowMs += 250 * DAY_MS;
  expect(kinds(await untilDone(kit))).toEqual(ROLES.map((role) => `write-leaf ${role}`));
  nowMs += 351 * DAY_MS;
  const [{ action }] = await look(kit);
  expect(action.kind === 'write-leaf' || action.kind === 'begin-rotation').toBe(true);
  const actions = await untilDone(kit);
  const begins = actions.filter((one) => one.kind === 'begin-rotation');
  expect(begins).toMatchObject([{ reason: 'the CA is in the last third of its life' }]);
  // A rotation that came by itself does not swallow the next one that is asked for.
  expect((await untilDone({ ...kit, tls: { ...kit.tls, caGeneration: 2 } })).length).toBe(12);
});

it('gives clients their time, counted from the write', async () => {
  const kit = testKit({ caGeneration: 2 });
  await untilDone(testKit());
  found();
  for (let i = 0; i < 4; i++) {
    const [{ action }, snapshot] = await look(kit);
    await act({ api, kit, snapshot, now: new Date(nowMs) }, action);
    nowMs += 1000;
  }
  const [step] = await look(kit);
  expect(step.action.kind).toBe('switch-authority');
  expect(step.notBefore).toEqual(new Date(nowMs - 1000 + GRACE_MS));
  expect(step.gate?.trusts?.length).toBe(2);
});

const FOREIGN: Partial<KitTls> = {
  issuer: 'provided',
  serverSecret: 'my-server',
  peerSecret: 'my-peer',
  clientSecret: 'my-client',
};

async function provide(change: Partial<Record<Role, Partial<WantedLeaf>>> = {}): Promise<KitFile> {
  const kit = testKit(FOREIGN);
  const pair = await createAuthority('CN=Mine', { lifetimeDays: 900, now: new Date(nowMs) });
  const authority = await readAuthority(pair);
  for (const role of ROLES) {
    const wanted = { ...wantedLeaves(kit)[role], ...change[role] };
    const leaf = await issueLeaf(authority, wanted, new Date(nowMs));
    const texts = { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': pair.certificate };
    api.put(SECRETS, { metadata: { namespace: 'c', name: `my-${role}` } });
    setTexts(`my-${role}`, texts);
  }
  return kit;
}

const setTexts = (name: string, texts: Readonly<Record<string, string>>): void =>
  change(name, texts);

async function complaint(kit: KitFile): Promise<string> {
  const [{ action }] = await look(kit);
  return 'message' in action ? `${action.kind}: ${action.message}` : action.kind;
}

it('takes certificates that are provided as they are, and writes the policy only', async () => {
  const kit = await provide();
  expect(kinds(await untilDone(kit))).toEqual(['set-policy']);
  expect(api.asked.filter(({ verb, plural }) => verb !== 'get' && plural === 'secrets')).toEqual(
    [],
  );
});

it.each<[string, Partial<Record<Role, Partial<WantedLeaf>>>]>([
  ['names the names', { server: { subjectNames: ['localhost', 'binnacle.c.svc'] } }],
  ['its CN has to be binnacle-peer', { peer: { commonName: 'etcd' } }],
  ['may not be used as client', { client: { usages: ['server'] } }],
])('says of provided certificates that %s', async (words, wrong) => {
  const text = await complaint(await provide(wrong));
  expect(text).toMatch(/^fail: tls.issuer is provided, but Secret my-/);
  if (words.startsWith('names')) expect(text).toContain('binnacle-2.binnacle-headless.c.svc');
  else expect(text).toContain(words);
});

it('says of provided Secrets what is missing or does not belong together', async () => {
  const kit = await provide();
  change('my-peer', { 'tls.key': '' });
  expect(await complaint(kit)).toContain('Secret my-peer has no tls.key');
  change('my-peer', { 'tls.key': 'nonsense' });
  expect(await complaint(kit)).toContain('Secret my-peer holds no readable private key in tls.key');
  await provide();
  const other = await createAuthority('CN=Other', { lifetimeDays: 9, now: new Date(nowMs) });
  change('my-server', { 'ca.crt': other.certificate });
  expect(await complaint(kit)).toContain('no CA in its ca.crt issued');
  await provide();
  api.remove(SECRETS, 'my-client');
  expect(await complaint(kit)).toContain('Secret my-client does not exist');
  await provide();
  nowMs += 400 * DAY_MS;
  expect(await complaint(kit)).toContain('ran out at');
});

it('waits for cert-manager', async () => {
  const kit = testKit({ issuer: 'cert-manager' });
  expect(await complaint(kit)).toMatch(
    /^wait: Secret binnacle-server-tls does not exist.*describe certificates/,
  );
});
