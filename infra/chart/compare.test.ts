// The chart renders the objects that the Pulumi program makes.
import { describe, expect, it } from 'vitest';
import { clusterSchema } from '../config.ts';
import { kitObjects, type KubernetesObject } from '../objects/index.ts';
import { needsHelm, NAMESPACE, template } from './testing/helm.ts';
import { configurations, unusedKeys } from './testing/matrix.ts';

/** What belongs to helm alone. */
const isHelms = (key: string): boolean => key.startsWith('helm.sh/');

function withoutHelms(map: Readonly<Record<string, string>> | undefined): object {
  const entries = Object.entries(map ?? {}).filter(([key]) => !isHelms(key));
  return Object.fromEntries(entries);
}

/** `Kind name` → object, for a comparison that doesn't look at the order. */
function byName(objects: readonly KubernetesObject[]): Record<string, unknown> {
  const normal = objects.map(({ metadata, ...rest }) => {
    const { labels, annotations, ...others } = metadata;
    const kept = withoutHelms(annotations);
    return [
      `${rest.kind} ${metadata.name}`,
      {
        ...rest,
        metadata: {
          ...others,
          labels: withoutHelms(labels),
          ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
        },
      },
    ];
  });
  return Object.fromEntries(normal) as Record<string, unknown>;
}

describe.concurrent('helm template', () => {
  it.for(configurations())(
    'gives the objects of the Pulumi program: %s',
    async ([, input], test) => {
      needsHelm(test);
      const config = clusterSchema.parse({ ...input, name: 'binnacle' });
      const expected = kitObjects(config, { namespace: NAMESPACE, managedBy: 'Helm' });
      const rendered = await template(input);
      expect(byName(rendered)).toEqual(byName(expected));
      expect(rendered).toHaveLength(expected.length);
    },
  );
});

describe('the configurations that are compared', () => {
  it('set every key to something other than its default at least once', () => {
    expect(unusedKeys()).toEqual([]);
  });
});
