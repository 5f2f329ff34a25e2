// The members' processes, as the machine under the nodes sees them.
import { readdirSync, readFileSync } from 'node:fs';
import type { Kubectl } from './kubectl.ts';

/** Ends a member without a word: with SIGKILL where its process is on this machine, else as hard as kubectl can. */
export async function killMember(kubectl: Kubectl, pod: string): Promise<void> {
  const pid = pidOf(kubectl.namespace, pod);
  if (pid === undefined) await kubectl.run('delete', 'pod', pod, '--grace-period=0', '--force');
  else process.kill(pid, 'SIGKILL');
}

function pidOf(namespace: string, pod: string): number | undefined {
  const wanted = [`POD_NAME=${pod}`, `POD_NAMESPACE=${namespace}`];
  const found = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    const environment = environmentOf(name);
    return wanted.every((each) => environment.includes(each));
  });
  return found.length === 0 ? undefined : Number(found[0]);
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return []; // it has ended, or is not ours to look at
  }
}
