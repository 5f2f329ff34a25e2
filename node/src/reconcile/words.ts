// What the job says about its steps: lines for its log, Events for the StatefulSet.
import type { EventText, KitFile } from '../kubernetes/index.ts';
import { secretNames } from './names.ts';
import { policyText } from './policy.ts';
import type { Action } from './step.ts';

/** One line: what an action does. */
export function textOf(action: Action, kit: KitFile): string {
  switch (action.kind) {
    case 'create-authority':
      return `create the CA in Secret ${kit.name}-ca`;
    case 'begin-rotation':
      return `CA rotation 1/3, trust both: create the next CA (${action.reason})`;
    case 'switch-authority':
      return 'CA rotation 2/3, re-issue: the next CA becomes the one that issues';
    case 'end-rotation':
      return 'CA rotation 3/3, drop the old CA';
    case 'write-leaf':
      return `issue Secret ${secretNames(kit)[action.role]} (${action.reason})`;
    case 'write-bundle':
      return `write the trusted CAs of Secret ${secretNames(kit)[action.role]}`;
    case 'set-policy':
      return `set the policy in ConfigMap ${kit.name}-tls: ${policyText(action.policy)}`;
    case 'wait':
    case 'fail':
      return action.message;
    case 'done':
      return 'nothing';
  }
}

/** What `kubectl describe statefulset` shows of an action that was carried out. */
export function eventOf(action: Action, kit: KitFile): EventText | undefined {
  const normal = (reason: string, message: string): EventText => ({
    type: 'Normal',
    reason,
    message,
  });
  switch (action.kind) {
    case 'create-authority':
      return normal('CaCreated', `created the CA of the cluster in Secret ${kit.name}-ca`);
    case 'begin-rotation':
      return normal('RotationStarted', `CA rotation began: ${action.reason}`);
    case 'switch-authority':
      return normal(
        'TrustWidened',
        'the old CA and the new one are trusted; the new one issues from now on',
      );
    case 'end-rotation':
      return normal('LeavesReissued', 'all certificates are of the new CA; the old one is dropped');
    case 'write-leaf':
      return normal(
        'CertificateIssued',
        `issued Secret ${secretNames(kit)[action.role]} (${action.reason})`,
      );
    case 'set-policy':
      return normal('TlsModeChanged', `members now ${policyText(action.policy)}`);
    default:
      return undefined;
  }
}

export const ROTATION_DONE: EventText = {
  type: 'Normal',
  reason: 'RotationDone',
  message: 'the CA was rotated: the old one is not trusted any more',
};

export const failed = (message: string): EventText => ({
  type: 'Warning',
  reason: 'ReconcileFailed',
  message,
});
