// Counts allocations: V8's sampling heap profiler with an interval so short that it takes every single one.
import { Session, type HeapProfiler } from 'node:inspector';

/** What one function allocated itself. */
export interface Site {
  readonly name: string;
  /** `file:line`; of what the language brings along, such as `push`, where it is called. */
  readonly place: string;
  allocations: number;
  bytes: number;
}

/** What the protocol gives besides what its types say: https://chromedevtools.github.io/devtools-protocol (HeapProfiler). */
interface Node extends HeapProfiler.SamplingHeapProfileNode {
  readonly id: number;
  readonly children: Node[];
}
interface Profile extends HeapProfiler.SamplingHeapProfile {
  readonly head: Node;
  /** One an allocation. */
  readonly samples: readonly { readonly nodeId: number; readonly size: number }[];
}

/** Where the profiler allocates for itself. */
const OWN = /^node:(inspector|internal\/errors)|\/micro\/sampling\.ts:/;

/**
 * Runs `work` and tells every allocation on the heap, by the function that made it. Slow: a microsecond or more an
 * allocation. At its end V8 collects all garbage, and optimized code goes with it: nothing can be measured afterwards.
 */
export async function sample(work: () => Promise<void>): Promise<Site[]> {
  const session = new Session();
  session.connect();
  try {
    session.post('HeapProfiler.startSampling', {
      samplingInterval: 1,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await work();
    return sitesOf(stop(session));
  } finally {
    session.disconnect();
  }
}

function stop(session: Session): Profile {
  let profile: Profile | undefined;
  // It calls back before it returns.
  session.post('HeapProfiler.stopSampling', (error, result) => {
    if (error !== null) throw error;
    profile = result.profile as Profile;
  });
  if (profile === undefined) throw new Error('the profiler gave no profile');
  return profile;
}

function sitesOf(profile: Profile): Site[] {
  const sites = new Map<string, Site>();
  const siteOfNode = new Map<number, Site>();
  const visit = (node: Node, callerPlace: string): void => {
    const { functionName: name, url, lineNumber } = node.callFrame;
    const place =
      url === '' ? callerPlace : `${url.replace(/^.*\/(?=node\/src\/)/, '')}:${lineNumber + 1}`;
    const key = `${name} ${place}`;
    const site = sites.get(key) ?? { name, place, allocations: 0, bytes: 0 };
    sites.set(key, site);
    siteOfNode.set(node.id, site);
    for (const child of node.children) visit(child, place);
  };
  visit(profile.head, '');
  for (const { nodeId, size } of profile.samples) {
    const site = siteOfNode.get(nodeId);
    if (site === undefined) continue;
    site.allocations++;
    site.bytes += size;
  }
  return [...sites.values()].filter(({ place }) => !OWN.test(place));
}
