/**
 * The reconcile room: the job `binnacle reconcile`, which brings the certificates, the TLS policy and the volumes of a
 * release to what kit.json asks for. Its state is in Secrets and ConfigMaps alone, so that it may die anywhere.
 *
 * What it asks of the API, all in the namespace of the release R (rights.ts has it as data, and a test holds the job to it):
 *
 *   get                  configmaps              R-config, R-tls, R-cluster
 *   create               configmaps              (R-tls; create can't be limited to names)
 *   update               configmaps              R-tls
 *   get                  secrets                 R-server-tls, R-peer-tls, R-client-tls, or the provided ones
 *   get, update          secrets                 with issuer self: R-ca and the three
 *   create               secrets                 with issuer self
 *   get                  statefulsets (apps)     R
 *   get, patch           pods                    R-0 … R-8
 *   get, patch           persistentvolumeclaims  data-R-0 … data-R-8
 *   create, patch        events
 */
export { reconcile } from './reconcile.ts';
export type { ReconcileOptions } from './reconcile.ts';
export { ReconcileError } from './run.ts';
