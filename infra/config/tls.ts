// Who shows whom a certificate, and where certificates come from.
import { z } from 'zod';
import { schedule } from './cron.ts';
import { days, domain, objectName, section, subjectName, text, wholeNumber } from './fields.ts';

export const TLS_MODES = ['plain', 'server', 'mutual'] as const;
export const TLS_ISSUERS = ['self', 'cert-manager', 'provided'] as const;

const isOldWord = (input: unknown): boolean => input === 'off' || input === false;

const mode = z.enum(TLS_MODES, {
  error: ({ input }) =>
    isOldWord(input)
      ? 'off is called plain: write mode: plain (off is a boolean in many YAML readers)'
      : 'must be plain, server or mutual',
});

const renewal = section({
  schedule: schedule('17 3 * * *')
    .default('17 3 * * *')
    .describe('When the reconcile job looks for certificates that are due (UTC).'),
});

const certManager = section({
  issuerName: objectName('the name of an Issuer')
    .default('')
    .describe('Issuer that signs; empty: an Issuer with a CA of its own is made.'),
  issuerKind: z
    .enum(['Issuer', 'ClusterIssuer'], { error: 'must be Issuer or ClusterIssuer' })
    .default('Issuer')
    .describe('Kind of the issuer.'),
  issuerGroup: text('an API group, such as cert-manager.io')
    .default('cert-manager.io')
    .describe('API group of the issuer.'),
});

const secretName = (of: string) =>
  objectName('the name of a Secret')
    .default('')
    .describe(`Secret with tls.crt, tls.key and ca.crt ${of}.`);

const provided = section({
  serverSecret: secretName('for the client port'),
  peerSecret: secretName('for members among each other; its CN must be <name>-peer'),
  clientSecret: secretName('for clients: the jobs use it'),
});

export const tls = section({
  mode: mode
    .default('mutual')
    .describe(
      'mutual: clients show a certificate too. server: only members do. plain: no TLS at all. Can be changed while the cluster serves.',
    ),
  issuer: z
    .enum(TLS_ISSUERS, { error: 'must be self, cert-manager or provided' })
    .default('self')
    .describe(
      "self: the kit's own CA, kept in Secrets. cert-manager: Certificates. provided: your Secrets.",
    ),
  caGeneration: wholeNumber('the generation of the CA', 1, 1_000_000)
    .default(1)
    .describe('Raise it by one to replace the CA, with no request lost (issuer self).'),
  caLifetimeDays: days(3650).default(3650).describe('Days that the CA is valid.'),
  certificateLifetimeDays: days(365)
    .default(365)
    .describe('Days that a certificate is valid; it is renewed when a third of them is left.'),
  clientGraceSeconds: wholeNumber('a number of seconds', 0, 86_400)
    .default(90)
    .describe(
      'Seconds that clients get to load their changed Secret before members rely on it; kubelets take up to 90.',
    ),
  renewal: renewal.prefault({}).describe('Renewal of certificates.'),
  extraSans: z
    .array(subjectName, { error: 'must be a list, such as [etcd.example.com, 10.0.0.5]' })
    .default([])
    .describe('Names and addresses in the server certificate besides those of the Services.'),
  clusterDomain: domain('a domain, such as cluster.local')
    .default('cluster.local')
    .describe('DNS domain of the Kubernetes cluster. Fixed once the cluster exists.'),
  certManager: certManager.prefault({}).describe('For issuer cert-manager.'),
  provided: provided.prefault({}).describe('For issuer provided.'),
});
