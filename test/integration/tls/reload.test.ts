// Mutual TLS: who gets in, and certificates that change while connections are open.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { utf8FromText } from '../../../node/src/base/index.ts';
import {
  KVService,
  WatchCreateRequest,
  WatchRequest,
  WatchService,
  type WatchResponse,
} from '../../../node/src/wire/gen/rpc.ts';
import { Caller, errorOf, type CallerTls } from '../support/caller.ts';
import { makeCertificates, type CertificateFiles } from '../support/certificates.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { eventually, sleep } from '../support/waiting.ts';

/** However the client's library puts it: the connection was closed before anything was answered. */
const REFUSED = /certificate|closed|ECONNRESET|No connection established|socket/;

let cluster: TestCluster;
let files: CertificateFiles;
/** Of another authority. */
let foreign: CertificateFiles;

beforeAll(async () => {
  cluster = await startCluster({ members: 3, tls: true });
  files = cluster.certificates!;
  foreign = await makeCertificates(join(cluster.folder, 'foreign'), 'foreign-ca');
}, 30_000);
afterAll(() => cluster.stop());

const put = (caller: Caller, key: string) =>
  caller.unary(KVService.put, { key: utf8FromText(key), value: utf8FromText('x') }, 3_000);

async function errorWith(tls: CallerTls): Promise<string> {
  const caller = new Caller(cluster.member(0).clientUrl, tls);
  try {
    return await errorOf(put(caller, 'refused'));
  } finally {
    caller.close();
  }
}

test('a client without a certificate, or with one of another authority, is rejected and logged', async () => {
  expect(await errorWith({ caFile: files.caFile })).toMatch(REFUSED);
  const stranger = { certFile: foreign.clientCertFile, keyFile: foreign.clientKeyFile };
  expect(await errorWith({ caFile: files.caFile, ...stranger })).toMatch(REFUSED);
  await eventually('the log line', () =>
    readFileSync(cluster.member(0).logFile, 'utf8').includes(
      'rejected connection on client endpoint',
    ),
  );
  const caller = new Caller(cluster.member(0).clientUrl, cluster.clientTls);
  await put(caller, 'others go on');
  caller.close();
});

/** The serial number of the certificate that a port shows to new connections. */
function serialAt(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: hostname,
        port: Number(port),
        rejectUnauthorized: false,
        cert: readFileSync(files.clientCertFile),
        key: readFileSync(files.clientKeyFile),
      },
      () => {
        const { serialNumber } = socket.getPeerCertificate() as DetailedPeerCertificate;
        socket.destroy();
        resolve(serialNumber);
      },
    );
    socket.once('error', reject);
  });
}

test('new certificates are used for new connections, and no open one is dropped', async () => {
  const member = cluster.member(0);
  const caller = new Caller(member.clientUrl, cluster.clientTls);
  const stream = caller.stream(WatchService.watch);
  let events = 0;
  let ended = false;
  stream.on('data', (response: WatchResponse) => (events += response.events.length));
  stream.on('error', () => (ended = true));
  stream.on('end', () => (ended = true));
  const createRequest = WatchCreateRequest.create({ key: utf8FromText('watched') });
  stream.write(WatchRequest.create({ createRequest }));
  await eventually('the first event', async () => {
    await put(caller, 'watched');
    return events > 0;
  });
  const clientSerial = await serialAt(member.clientUrl);
  const peerSerial = await serialAt(member.peerUrl);

  // A pair that is half written: the new certificate with the old key.
  const renewed = await makeCertificates(join(cluster.folder, 'renewed'), 'renewed-ca');
  const oldCa = readFileSync(files.caFile, 'utf8');
  writeFileSync(files.caFile, oldCa + '\n' + readFileSync(renewed.caFile, 'utf8'));
  await sleep(1_200);
  copyFileSync(renewed.serverCertFile, files.serverCertFile);
  await sleep(1_500);
  expect(await serialAt(member.clientUrl)).toBe(clientSerial);
  await put(caller, 'watched');

  copyFileSync(renewed.serverKeyFile, files.serverKeyFile);
  await eventually(
    'the new certificate on both ports',
    async () =>
      (await serialAt(member.clientUrl)) !== clientSerial &&
      (await serialAt(member.peerUrl)) !== peerSerial,
  );

  // Members find each other anew under the new certificates.
  await cluster.member(1).restart();
  await cluster.untilHealthy();
  const before = events;
  await put(caller, 'watched');
  await eventually('the event on the old stream', () => events > before);
  expect(ended).toBe(false);

  const late = new Caller(cluster.member(1).clientUrl, {
    caFile: files.caFile,
    certFile: renewed.clientCertFile,
    keyFile: renewed.clientKeyFile,
  });
  await put(late, 'with the new authority');
  late.close();
  stream.cancel();
  caller.close();
}, 30_000);
