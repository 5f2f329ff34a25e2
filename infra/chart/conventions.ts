// What the chart's users expect of any chart, on top of the keys of infra/config.ts.
import { z } from 'zod';
import { labels, objectName, section, text, verbatim } from '../config/fields.ts';

const globals = z
  .looseObject({
    imageRegistry: text('a registry, such as registry.example.com')
      .default('')
      .describe('Goes before image.registry, in all charts of a release.'),
    imagePullSecrets: z
      .array(z.union([objectName('the name of a Secret'), verbatim('an object with a name')]), {
        error: 'must be a list of names of Secrets, such as [registry-login]',
      })
      .default([])
      .describe('Secrets that open the registry, besides image.pullSecrets.'),
    defaultStorageClass: objectName('the name of a StorageClass')
      .default('')
      .describe('StorageClass of all volumes that name none of their own.'),
  })
  .prefault({})
  .describe('What all charts of a release share, as other charts know it.');

/** Keys of the chart alone. */
export const conventions = section({
  global: globals,
  nameOverride: text('a name')
    .default('')
    .describe("Goes into the objects' names in place of the chart's name."),
  fullnameOverride: text('a name')
    .default('')
    .describe(
      "The beginning of the objects' names; empty: the release's name. Fixed once the cluster exists.",
    ),
  commonLabels: labels()
    .default({})
    .describe('Labels on every object and pod, besides the usual ones.'),
  extraDeploy: z
    .array(z.union([verbatim('an object'), text('an object as YAML')]), {
      error: 'must be a list of objects, each written out or as a text with template expressions',
    })
    .default([])
    .describe('More objects of yours to deploy. Texts may hold template expressions.'),
});
