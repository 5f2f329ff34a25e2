// What a command would change, told before it acts. Pure.
import { canonicalText, type KitOutline } from './kit-outline.ts';
import type { KubernetesObject } from '../objects/index.ts';
import { differences, type FieldChange } from './differences.ts';

export interface ObjectChange {
  readonly kind: string;
  readonly name: string;
  readonly action: 'create' | 'change' | 'delete' | 'keep';
  readonly fields: readonly FieldChange[];
}

/** An object as it is (undefined: it is not there) and as it would be (undefined: not any more). */
export interface Step {
  readonly now: KubernetesObject | undefined;
  readonly next: KubernetesObject | undefined;
}

export interface Plan {
  readonly cluster: string;
  /** Where to, such as `namespace default of context kind-binnacle`. */
  readonly place: string;
  /** What comes before the objects, such as a kind cluster that is made. */
  readonly preparations: readonly string[];
  /** What it means, in words. */
  readonly meaning: readonly string[];
  readonly objects: readonly ObjectChange[];
}

export const isEmpty = ({ objects, preparations }: Plan): boolean =>
  preparations.length === 0 && objects.every(({ action }) => action === 'keep');

export function objectChanges(steps: readonly Step[]): ObjectChange[] {
  return steps.map(({ now, next }) => {
    const { kind, metadata } = (next ?? now)!;
    const about = { kind, name: metadata.name };
    if (now === undefined) return { ...about, action: 'create', fields: [] };
    if (next === undefined) return { ...about, action: 'delete', fields: [] };
    const fields = differences(now, next);
    return { ...about, action: fields.length === 0 ? 'keep' : 'change', fields };
  });
}

/** What the changes do to the cluster. `before` is undefined where there is none yet. */
export function meaningOf(
  before: KitOutline | undefined,
  after: KitOutline,
  restarts: boolean,
): string[] {
  if (before === undefined) return [foundingOf(after)];
  return [
    ...membersMeaning(before.members, after.members),
    ...tlsMeaning(before, after),
    ...(before.storage.size === after.storage.size
      ? []
      : [
          `volumes: ${before.storage.size} → ${after.storage.size}; they grow while the members run`,
        ]),
    ...(canonicalText(before.backup) === canonicalText(after.backup)
      ? []
      : [
          after.backup === null
            ? 'backups: none any more; those there are stay'
            : 'backups: as configured, from the next one on',
        ]),
    ...(restarts
      ? ['members restart, one after the other, and each catches up before the next']
      : []),
  ];
}

function foundingOf({ members, tls, backup }: KitOutline): string {
  const parts = [
    `a new cluster of ${members} ${members === 1 ? 'member' : 'members'}`,
    tls.mode === 'plain' ? 'without TLS' : `${tls.mode} TLS (certificates: ${tls.issuer})`,
    backup === null ? 'no backups' : 'backups',
  ];
  return parts.join(', ');
}

function membersMeaning(from: number, to: number): string[] {
  if (to > from)
    return [
      `members: ${from} → ${to}; each new one joins as a learner and gets its vote when it has caught up`,
    ];
  if (to < from)
    return [
      `members: ${from} → ${to}; they leave the cluster before they end, and their volumes stay`,
    ];
  return [];
}

function tlsMeaning(before: KitOutline, after: KitOutline): string[] {
  const [was, is] = [before.tls, after.tls];
  const meaning: string[] = [];
  if (was.mode !== is.mode)
    meaning.push(`TLS: ${was.mode} → ${is.mode}, live; meanwhile members let in both`);
  if (was.caGeneration !== is.caGeneration)
    meaning.push(
      `certificate authority: generation ${was.caGeneration} → ${is.caGeneration}; trust both, issue anew, drop the old: no restart, no failed request`,
    );
  if (was.issuer !== is.issuer)
    meaning.push(`certificates: from ${is.issuer} in place of ${was.issuer}`);
  return meaning;
}
