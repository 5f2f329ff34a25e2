// The Automation API: a service of your own that makes clusters. Needs the Pulumi CLI on PATH, as each such program does.
import { LocalWorkspace, type UpResult } from '@pulumi/pulumi/automation/index.js';
import { BinnacleCluster, type BinnacleClusterArgs } from '../components/index.ts';

export function clusterProgram(args: BinnacleClusterArgs): () => Promise<Record<string, unknown>> {
  return () => {
    const { endpoint, memberEndpoints } = new BinnacleCluster('store', args);
    return Promise.resolve({ endpoint, memberEndpoints });
  };
}

/** Makes a cluster, or brings the one of that name to what `args` say. */
export async function deployCluster(
  stackName: string,
  args: BinnacleClusterArgs,
): Promise<UpResult> {
  const stack = await LocalWorkspace.createOrSelectStack({
    projectName: 'clusters',
    stackName,
    program: clusterProgram(args),
  });
  return stack.up({ onOutput: (text) => process.stdout.write(text) });
}
