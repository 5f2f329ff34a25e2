import { expect, test } from 'vitest';
import { Metrics } from './metrics.ts';

test('bytes to and from each member are summed, and shown under its id in hexadecimal', async () => {
  const metrics = new Metrics();
  const { peer } = metrics;
  peer.sentBytes?.(0x8e9e05c52164694dn, 300);
  peer.sentBytes?.(0x8e9e05c52164694dn, 45);
  peer.sentBytes?.(0x1n, 7);
  peer.receivedBytes?.(0x1n, 9);
  for (let scrape = 0; scrape < 2; scrape++) {
    const lines = (await metrics.text())
      .split('\n')
      .filter((line) => /^etcd_network_peer.*bytes/.test(line));
    expect(lines.sort()).toEqual([
      'etcd_network_peer_received_bytes_total{From="1"} 9',
      'etcd_network_peer_sent_bytes_total{To="1"} 7',
      'etcd_network_peer_sent_bytes_total{To="8e9e05c52164694d"} 345',
    ]);
  }
});
