// The next step towards what the configuration asks for. Pure: from what the cluster's objects show and the time, nothing
// else, so that a job that died anywhere is taken up by the next one.
import type { KitFile } from '../kubernetes/index.ts';
import { fingerprintOf } from '../pki/index.ts';
import type { Gate } from './gates.ts';
import { ROLES } from './names.ts';
import { planForeign } from './plan-foreign.ts';
import { planOwn } from './plan-own.ts';
import { nextPolicy, policyText, targetPolicy, type Policy } from './policy.ts';
import { leafFingerprint, readableCertificates, type Observed, type Step } from './step.ts';

export interface PlanInput {
  readonly kit: KitFile;
  readonly observed: Observed;
  readonly now: Date;
  /** How long clients may take to load a Secret that was written, in milliseconds. */
  readonly clientGraceMs: number;
  /** Whether this run has written something: then it ends when the members have loaded it. */
  readonly changed: boolean;
}

export function plan(input: PlanInput): Step {
  const { kit, observed, changed } = input;
  const target = targetPolicy(kit.tls.mode);
  const { policy } = observed;
  if (policy === undefined) return planFirstPolicy(input, target);
  const isInUse = policy.accept !== 'plain';
  if (isInUse || target.accept !== 'plain') {
    const step = planCertificates(input, isInUse);
    // While nobody uses them, nobody has to have loaded them; but everybody has to have stopped using them.
    if (step !== undefined) return isInUse ? step : gated(step, loadedGate(observed, policy));
  }
  const next = nextPolicy(policy, target);
  const gate = loadedGate(observed, policy);
  if (next !== undefined) {
    const action = { kind: 'set-policy', from: policy, policy: next } as const;
    return { gate, ...clientsMoved(input, next), action };
  }
  return changed ? { gate, action: { kind: 'done' } } : { action: { kind: 'done' } };
}

/** Certificates in order, by whoever issues them; undefined when they are. */
function planCertificates(input: PlanInput, isInUse: boolean): Step | undefined {
  return input.kit.tls.issuer === 'self' ? planOwn(input, isInUse) : planForeign(input);
}

/**
 * Without a policy no member starts. Before the cluster is founded it is the wanted one at once; afterwards (somebody
 * deleted the ConfigMap) nobody knows by which URLs the members know each other, so that both have to be let in.
 */
function planFirstPolicy(input: PlanInput, target: Policy): Step {
  const { observed } = input;
  const hasLeaves = ROLES.some((role) => observed.leaves[role] !== undefined);
  const isPlain = target.accept === 'plain' && !(observed.hasRecord && hasLeaves);
  if (!isPlain) {
    const step = planCertificates(input, observed.hasRecord);
    // Members that wait for a policy can't report what they have loaded: a rotation waits until they have one.
    const waits =
      step?.action.kind === 'begin-rotation' || step?.action.kind === 'switch-authority';
    const mayWait = observed.hasRecord && observed.leaves.server !== undefined;
    if (step !== undefined && !(waits && mayWait)) return step;
  }
  const policy: Policy =
    observed.hasRecord && !isPlain ? { accept: 'both', advertise: target.advertise } : target;
  return { action: { kind: 'set-policy', from: undefined, policy } };
}

function gated(step: Step, gate: Gate): Step {
  return step.gate === undefined ? { ...step, gate } : step;
}

/** Everything that is written is what the members use. */
function loadedGate({ leaves }: Observed, policy: Policy): Gate {
  const title = `every member follows "${policyText(policy)}"`;
  if (policy.accept === 'plain') return { title, policy };
  return {
    title: `${title} with the newest certificates`,
    policy,
    trustsOnly: readableCertificates(leaves.server?.bundle ?? '').map(fingerprintOf),
    leaves: { server: leafFingerprint(leaves.server), peer: leafFingerprint(leaves.peer) },
  };
}

/**
 * Clients get their time to load the Secrets before they are told to use them, and to follow the members' URLs before
 * one of the two ways in is closed.
 */
function clientsMoved(
  { observed, clientGraceMs }: PlanInput,
  next: Policy,
): Pick<Step, 'notBefore'> {
  const { policy, policyWrittenAt, leaves } = observed;
  if (policy?.accept !== 'both') return {};
  const closes = next.accept !== 'both';
  const written = closes
    ? [policyWrittenAt]
    : ROLES.map((role) => (next.advertise === 'https' ? leaves[role]?.writtenAt : undefined));
  const newestMs = Math.max(...written.map((time) => time?.getTime() ?? 0));
  return { notBefore: new Date(newestMs + clientGraceMs) };
}
