// The part of kit.json that plans speak of: what the jobs were last told.
import type { KubernetesObject } from '../objects/index.ts';
import type { KitFile } from '../../node/src/kubernetes/index.ts';
import { canonicalJson } from '../objects/kit-json.ts';

export type KitOutline = Pick<KitFile, 'members' | 'tls' | 'storage' | 'backup'>;

export const canonicalText = canonicalJson;

/** Of ConfigMap R-config. Undefined when there is none, or none that can be read. */
export function outlineOf(configMap: KubernetesObject | undefined): KitOutline | undefined {
  const text = (configMap?.['data'] as Record<string, string> | undefined)?.['kit.json'];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as KitOutline; // the kit wrote it
  } catch {
    return undefined;
  }
}
