// Names that resources had in earlier versions. A resource that gets another name without an alias is deleted and made
// anew; for the StatefulSet, that stops every member. So a key is never changed without a line here; a test holds the
// keys of today.
import type { Alias } from '@pulumi/pulumi';

/** Key of today → keys of before. */
const FORMER_KEYS: Readonly<Record<string, readonly string[]>> = {};

export function aliasesOf(key: string, componentName: string): Alias[] {
  return (FORMER_KEYS[key] ?? []).map((former) => ({ name: `${componentName}-${former}` }));
}
