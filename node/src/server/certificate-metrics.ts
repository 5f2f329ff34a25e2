// When the certificates end that new connections are shown: for an alert on a renewal that did not happen.
import { Gauge, type Registry } from 'prom-client';
import type { Certificates } from './certificates.ts';

/** Reads the certificates in use whenever somebody asks for the metrics; without TLS there is no such metric. */
export function showCertificates(registry: Registry, certificates: Certificates): void {
  new Gauge({
    name: 'binnacle_certificate_expiry_timestamp_seconds',
    help: 'Unix time at which the certificate ends that is shown to clients (server) and to peers (peer).',
    labelNames: ['certificate'],
    registers: [registry],
    collect() {
      const { live, client, peer } = certificates;
      const used = { server: live?.server.current ?? client, peer: live?.peer.current ?? peer };
      for (const [certificate, files] of Object.entries(used)) {
        if (files === undefined) continue;
        this.set({ certificate }, Date.parse(files.summary().notAfter) / 1000);
      }
    },
  });
}
