// Certificates change while everybody is connected: no restart, no failed request.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { RELEASE, type Kit } from '../kit.ts';
import type { Step } from '../step.ts';

interface Secret {
  readonly data: Readonly<Record<string, string>>;
}

/** What a Secret holds under `name`, one certificate or several. */
async function certificates(kit: Kit, secret: string, name: string): Promise<X509Certificate[]> {
  const found = await kit.kubectl.get<Secret>('secret', `${RELEASE}-${secret}`);
  const pem = Buffer.from(found?.data[name] ?? '', 'base64').toString();
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

const SECRETS = ['server-tls', 'peer-tls', 'client-tls'] as const;

async function fingerprints(kit: Kit, name: string): Promise<string[]> {
  const all = await Promise.all(SECRETS.map((secret) => certificates(kit, secret, name)));
  return all.map((some) => some.map(({ fingerprint256 }) => fingerprint256).join());
}

async function withoutRestart(kit: Kit, change: () => Promise<void>): Promise<void> {
  const before = await kit.incarnations();
  await change();
  assert.deepEqual(await kit.incarnations(), before, 'no pod is restarted');
}

const leaf: Step = {
  title: 'new server certificate (tls.extraSans)',
  group: 'rotate',
  withoutFailures: true,
  async run(kit) {
    const [before] = await fingerprints(kit, 'tls.crt');
    await withoutRestart(kit, () => kit.configure({ tls: { extraSans: ['store.example'] } }));
    const [now] = await certificates(kit, 'server-tls', 'tls.crt');
    assert.notEqual(now?.fingerprint256, before);
    assert.match(now?.subjectAltName ?? '', /store\.example/);
  },
};

const authority: Step = {
  title: 'new CA (tls.caGeneration + 1)',
  group: 'rotate',
  withoutFailures: true,
  async run(kit) {
    const leaves = await fingerprints(kit, 'tls.crt');
    const [trusted] = await fingerprints(kit, 'ca.crt');
    const caGeneration = (kit.config.tls?.caGeneration ?? 1) + 1;
    await withoutRestart(kit, () => kit.configure({ tls: { caGeneration } }));
    const now = await fingerprints(kit, 'ca.crt');
    assert.equal(new Set(now).size, 1, 'all trust the same');
    assert.notEqual(now[0], trusted, 'another CA');
    assert.equal(
      (await certificates(kit, 'server-tls', 'ca.crt')).length,
      1,
      'the old one is gone',
    );
    const renewed = await fingerprints(kit, 'tls.crt');
    renewed.forEach((each, index) => assert.notEqual(each, leaves[index], SECRETS[index] ?? ''));
  },
};

const cronJob: Step = {
  title: 'CronJob of the certificates',
  group: 'rotate',
  withoutFailures: true,
  async run(kit) {
    const before = await fingerprints(kit, 'tls.crt');
    const from = `--from=cronjob/${RELEASE}-reconcile`;
    await kit.kubectl.run('create', 'job', 'reconcile-by-hand', from);
    await kit.kubectl.run(
      'wait',
      'job/reconcile-by-hand',
      '--for=condition=Complete',
      '--timeout=60s',
    );
    await kit.kubectl.run('delete', 'job', 'reconcile-by-hand');
    assert.deepEqual(await fingerprints(kit, 'tls.crt'), before, 'nothing was due');
  },
};

export const rotations: readonly Step[] = [leaf, authority, cronJob];
