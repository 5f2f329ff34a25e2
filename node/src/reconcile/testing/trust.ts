// Whether two sides accept each other's certificates, as OpenSSL decides it; at any time of a simulation, or by a handshake.
import { X509Certificate } from 'node:crypto';
import { duplexPair } from 'node:stream';
import { connect, createServer } from 'node:tls';
import { certificatesOf, type Pair } from '../../pki/index.ts';

export interface Side {
  readonly pair: Pair;
  readonly bundle: string;
}

const parsed = new Map<string, X509Certificate[]>();

function certificates(pem: string): X509Certificate[] {
  let found = parsed.get(pem);
  if (found === undefined) parsed.set(pem, (found = certificatesOf(pem)));
  return found;
}

const verdicts = new Map<X509Certificate, Map<X509Certificate, boolean>>();

/** Whether whoever trusts `bundle` takes the certificate at that time. */
export function isTrusted(pem: string, bundle: string, now: Date): boolean {
  const [leaf] = certificates(pem);
  if (leaf === undefined || !isValidAt(leaf, now)) return false;
  return certificates(bundle).some((ca) => isValidAt(ca, now) && hasIssued(ca, leaf));
}

function hasIssued(ca: X509Certificate, leaf: X509Certificate): boolean {
  const known = verdicts.get(ca) ?? new Map<X509Certificate, boolean>();
  verdicts.set(ca, known);
  let verdict = known.get(leaf);
  if (verdict === undefined)
    known.set(leaf, (verdict = ca.ca && leaf.checkIssued(ca) && leaf.verify(ca.publicKey)));
  return verdict;
}

const lives = new Map<X509Certificate, readonly [lo: Date, hi: Date]>();

function isValidAt(certificate: X509Certificate, now: Date): boolean {
  let life = lives.get(certificate);
  if (life === undefined)
    lives.set(certificate, (life = [certificate.validFromDate, certificate.validToDate]));
  return life[0] <= now && now <= life[1];
}

/** A mutual TLS handshake over a pipe. Resolves with undefined, or with what one of the two sides had against it. */
export function handshake(server: Side, client: Side, name: string): Promise<string | undefined> {
  const [serverEnd, clientEnd] = duplexPair();
  const settings = ({ pair, bundle }: Side) => ({
    cert: pair.certificate,
    key: pair.key,
    ca: bundle,
  });
  return new Promise((resolve) => {
    const listener = createServer({
      ...settings(server),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const dialed = connect({ ...settings(client), socket: clientEnd, servername: name });
    const end = (problem: string | undefined): void => {
      resolve(problem);
      dialed.destroy();
      serverEnd.destroy();
    };
    listener.on('tlsClientError', (error) => end(`server: ${error.message}`));
    dialed.on('error', (error) => end(`client: ${error.message}`));
    dialed.on('end', () => end('server: hung up'));
    // Under TLS 1.3 the client is done before the server has checked its certificate: so the server speaks first.
    listener.on('secureConnection', (accepted) => accepted.write('welcome'));
    dialed.on('data', () => end(undefined));
    listener.emit('connection', serverEnd);
  });
}
