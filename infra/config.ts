// The one description of a cluster: cluster.yaml for `npm start`, and what the Kubernetes targets are built from.
// A key is here only when something reads it; an unknown one is an error.
import { isIP } from 'node:net';
import { z } from 'zod';

/** Ports of member n are the first member's plus n·PORT_STEP, as far as processes on one machine are concerned. */
export const PORT_STEP = 10;
export const MAX_MEMBERS = 9;

const NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const DNS_NAME =
  /^(\*\.)?[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*$/;
const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  MB: 1e6,
  GB: 1e9,
};
const QUOTA = /^(\d+(?:\.\d+)?) ?(MiB|GiB|MB|GB)$/;
const DURATION = /^(\d+)(m|h|d)$/;
const MINUTES_PER_UNIT: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60 };

function wholeNumber(what: string, least: number, most: number): z.ZodNumber {
  const error = `must be ${what}: a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

const text = (what: string) => z.string({ error: `must be ${what}` });

const port = (example: number) => wholeNumber(`a port, such as ${example}`, 1, 65_535);

const days = (example: number) => wholeNumber(`a number of days, such as ${example}`, 1, 36_500);

const subjectName = text('a DNS name or an IP address, such as etcd.example.com').refine(
  (value) => isIP(value) !== 0 || DNS_NAME.test(value),
  { error: 'must be a DNS name or an IP address, such as etcd.example.com (no https://, no port)' },
);

const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? 'must be a section with keys of its own, indented below it'
        : undefined,
  });

/** A section that is left out, or has all its keys commented out. */
const emptyIsDefault = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => value ?? {}, schema);

const tls = section({
  /** `mutual`: everyone shows a certificate. `off`: plain HTTP, for a machine of your own. */
  mode: z.enum(['mutual', 'off'], { error: 'must be mutual or off' }).default('mutual'),
  /** Days that the CA is valid. */
  caLifetimeDays: days(3650).default(3650),
  /** Days that a certificate is valid; it is renewed when a third of them is left. */
  certificateLifetimeDays: days(365).default(365),
  /** Names and addresses in the members' certificates besides localhost, 127.0.0.1 and ::1. */
  extraSans: z
    .array(subjectName, { error: 'must be a list, such as [etcd.example.com, 10.0.0.5]' })
    .default([]),
});

const storage = section({
  /** Size of a member's database at which it takes no more writes (NOSPACE). */
  quota: text('a size, such as 2GiB')
    .refine((value) => quotaBytes(value) >= 16 * 2 ** 20, {
      error: 'must be a size from 16MiB on, such as 512MiB or 2GiB',
    })
    .default('2GiB'),
});

const autoCompaction = section({
  /** `off`: history is kept until a client compacts it, which Kubernetes does by itself. */
  mode: z
    .enum(['off', 'periodic', 'revision'], { error: 'must be off, periodic or revision' })
    .default('off'),
  /** History that is kept: a time for `periodic` (1h), a number of revisions for `revision`. */
  retention: z
    .union([z.string(), z.number()], {
      error: 'must be a time, such as 1h, or a number of revisions, such as 1000',
    })
    .optional(),
}).superRefine((value, context) => {
  const complain = (message: string) =>
    context.addIssue({ code: 'custom', path: ['retention'], message });
  const { mode, retention } = value;
  if (mode === 'periodic' && !(typeof retention === 'string' && DURATION.test(retention)))
    complain('must be a time in m, h or d with mode: periodic, such as 1h');
  if (mode === 'revision' && !(Number.isInteger(retention) && Number(retention) > 0))
    complain('must be a number of revisions with mode: revision, such as 1000');
  if (mode === 'off' && retention !== undefined)
    complain('has no meaning with mode: off; remove it, or set mode to periodic or revision');
});

const local = section({
  /** Address that the members listen on and advertise. */
  host: text('an IP address of this machine, such as 127.0.0.1')
    .refine((value) => isIP(value) !== 0 && value !== '0.0.0.0' && value !== '::', {
      error: 'must be an IP address of this machine that clients can dial, such as 127.0.0.1',
    })
    .default('127.0.0.1'),
  /** Port for clients of the first member; the second has this plus 10, and so on. */
  clientPort: port(2379).default(2379),
  /** Port for peers of the first member; the second has this plus 10, and so on. */
  peerPort: port(2380).default(2380),
});

export const clusterSchema = section({
  /** Keeps clusters apart: it goes into the cluster's id and the certificates' issuer. */
  name: text('a name')
    .max(40, { error: 'must have 40 characters at most' })
    .regex(NAME, { error: 'must be lower-case letters, digits and dashes, such as binnacle' })
    .default('binnacle'),
  members: wholeNumber('the number of members, 3 or 5 for most', 1, MAX_MEMBERS).default(3),
  tls: emptyIsDefault(tls),
  storage: emptyIsDefault(storage),
  autoCompaction: emptyIsDefault(autoCompaction),
  local: emptyIsDefault(local),
}).superRefine((value, context) => {
  const clash = portClash(value.members, value.local.clientPort, value.local.peerPort);
  if (clash !== undefined)
    context.addIssue({ code: 'custom', path: ['local', 'peerPort'], message: clash });
});

export type ClusterConfig = Readonly<z.output<typeof clusterSchema>>;

/** Bytes of `2GiB`, `512MiB`; NaN when it is no size. */
export function quotaBytes(quota: string): number {
  const match = QUOTA.exec(quota);
  return match === null ? NaN : Math.round(Number(match[1]) * (BYTES_PER_UNIT[match[2]!] ?? NaN));
}

/** The values of --auto-compaction-mode and --auto-compaction-retention; days become hours, which Go's durations have. */
export function compactionFlags(config: ClusterConfig): { mode: string; retention: string } {
  const { mode, retention } = config.autoCompaction;
  if (mode === 'off') return { mode: 'periodic', retention: '0' };
  const match = DURATION.exec(String(retention));
  if (match === null) return { mode, retention: String(retention) };
  return { mode, retention: `${Number(match[1]) * (MINUTES_PER_UNIT[match[2]!] ?? 1)}m` };
}

function portClash(members: number, clientPort: number, peerPort: number): string | undefined {
  const lastOffset = (members - 1) * PORT_STEP;
  if (Math.max(clientPort, peerPort) + lastOffset > 65_535)
    return `leaves no room: ${members} members take every tenth port up to ${Math.max(clientPort, peerPort) + lastOffset}; start lower`;
  const distance = Math.abs(clientPort - peerPort);
  if (distance % PORT_STEP === 0 && distance <= lastOffset)
    return `meets the client ports: members take every tenth port from ${clientPort} and from ${peerPort} on; ${clientPort + 1} works`;
  return undefined;
}
