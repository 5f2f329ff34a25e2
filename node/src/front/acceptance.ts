// From the contents of certificate files to TLS contexts, on the thread that shakes hands.
import type { SecureContext } from 'node:tls';
import { serverContextFrom } from '../platform/tls-material.ts';
import type { Acceptance } from '../rpc/index.ts';
import type { FrontAcceptance } from './messages.ts';

/** @throws Error when the material is wrong, which the main thread has made sure it is not */
export function acceptanceFrom({ plain, tls }: FrontAcceptance): Acceptance {
  if (tls === undefined) return { plain, tls: undefined };
  const { material, ...rest } = tls;
  const context: SecureContext = serverContextFrom(material);
  return { plain, tls: { ...rest, secureContext: () => context } };
}
