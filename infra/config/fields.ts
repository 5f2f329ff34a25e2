// What the parts of the configuration are made of: values whose messages say what to write instead.
import { isIP } from 'node:net';
import { z } from 'zod';

const DNS_NAME =
  /^(\*\.)?[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const LABEL_KEY = /^([a-z0-9.-]+\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

export function wholeNumber(what: string, least: number, most: number): z.ZodNumber {
  const error = `must be ${what}: a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

export const text = (what: string) => z.string({ error: `must be ${what}` });

export const flag = () => z.boolean({ error: 'must be true or false' });

export const port = (example: number) => wholeNumber(`a port, such as ${example}`, 1, 65_535);

export const days = (example: number) =>
  wholeNumber(`a number of days, such as ${example}`, 1, 36_500);

/** For the chart's JSON schema, which can't see what a refinement looks for: pass it to `meta`. */
export const pattern = (regex: RegExp): { pattern: string } => ({ pattern: regex.source });

/** The same for what may be empty, too. */
export const patternOrEmpty = (regex: RegExp): { pattern: string } => ({
  pattern: `^$|${regex.source}`,
});

/** A DNS name, with or without a wildcard, or an address: what a certificate is issued for. */
export const subjectName = text('a DNS name or an IP address, such as etcd.example.com')
  .refine((value) => isIP(value) !== 0 || DNS_NAME.test(value), {
    error: 'must be a DNS name or an IP address, such as etcd.example.com (no https://, no port)',
  })
  .meta({ pattern: `${DNS_NAME.source}|^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$` });

/** The name of a Kubernetes object, or '' for none. */
export const objectName = (what: string) =>
  text(what)
    .refine((value) => value === '' || (value.length <= 253 && DNS_SUBDOMAIN.test(value)), {
      error: `must be ${what}: lower-case letters, digits, dashes and dots`,
    })
    .meta({ ...patternOrEmpty(DNS_SUBDOMAIN), maxLength: 253 });

/** A domain, such as cluster.local. */
export const domain = (what: string) =>
  text(what).regex(DNS_SUBDOMAIN, { error: `must be ${what}, without a dot at its end` });

export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? 'must be a section with keys of its own, indented below it'
        : undefined,
  });

const stringMap = (what: string) =>
  z.record(z.string(), text('text; put numbers and true or false in quotes'), {
    error: `must be ${what}, such as {team: storage}`,
  });

export const annotations = () => stringMap('annotations');

export const labels = () =>
  stringMap('labels')
    .refine((value) => Object.keys(value).every((key) => LABEL_KEY.test(key)), {
      error: 'must have keys such as team or example.com/team',
    })
    .refine((value) => Object.values(value).every((each) => LABEL_VALUE.test(each)), {
      error: 'must have values of 63 letters, digits, dots, dashes and underscores at most',
    })
    .meta({
      propertyNames: pattern(LABEL_KEY),
      additionalProperties: { type: 'string', ...pattern(LABEL_VALUE) },
    });

/** Any object that goes to Kubernetes as it is; the API server checks it. */
export const verbatim = (what: string) =>
  z.record(z.string(), z.unknown(), { error: `must be ${what}` });

/**
 * A section whose keys are all commented out is null in YAML: it means the same as a section that is left out.
 * Entries of lists stay as they are.
 */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutNulls(each)]));
}
