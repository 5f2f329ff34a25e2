import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { FakeClock } from '../base/testing/fake-clock.ts';
import { createPeerAgent } from './http-client.ts';
import { LINK_BODY_LIMIT_BYTES, questionFrame } from './link-frames.ts';
import { LinkServer, type LinkRoute } from './link-server.ts';
import { PeerLinks } from './link.ts';

const PATH = '/often';
const TIMEOUT_MS = 5_000;
const PART = Buffer.from('part');

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** A member that answers `PATH` over links, and one that asks. */
async function setUp(route: LinkRoute, knowsLinks = true) {
  const links = new LinkServer({ [PATH]: route });
  let requests = 0;
  const server = http.createServer(
    { shouldUpgradeCallback: (request) => knowsLinks && links.accepts(request) },
    (_request, response) => {
      requests++;
      response.writeHead(404).end();
    },
  );
  links.attach(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const clock = new FakeClock();
  const agent = createPeerAgent(undefined);
  const asking = new PeerLinks(agent, clock);
  ends.push(() => {
    asking.close();
    agent.close();
    links.close();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${port}`;
  const ask = (text: string) => asking.ask(url, PATH, Buffer.from(text), TIMEOUT_MS);
  /** Asks until there is a link. */
  const askOverLink = async (text: string) => {
    for (let i = 0; i < 400; i++) {
      const answer = ask(text);
      if (answer !== undefined) return answer;
      await later();
    }
    throw new Error('no link was opened');
  };
  return { links, port, clock, asking, ask, askOverLink, requests: () => requests };
}

const echo: LinkRoute = async (body) => ({ status: 200, body: body.slice() });
const textOf = ({ status, body }: { status: number; body: Uint8Array }) =>
  `${status} ${Buffer.from(body).toString('latin1')}`;

test('the first question has to go by HTTP, those behind it have a link', async () => {
  const { ask, askOverLink } = await setUp(echo);
  expect(ask('zero')).toBeUndefined();
  expect(textOf(await askOverLink('one'))).toBe('200 one');
  expect(textOf(await askOverLink(''))).toBe('200 ');
  const long = 'x'.repeat(LINK_BODY_LIMIT_BYTES);
  expect(textOf(await askOverLink(long))).toBe(`200 ${long}`);
});

test('while one question is under way, another goes by HTTP', async () => {
  let answer = (): void => {};
  const { ask, askOverLink } = await setUp(
    (body) =>
      new Promise((resolve) => {
        answer = () => resolve({ status: 418, body });
      }),
  );
  const first = askOverLink('one');
  await expect.poll(() => ask('two'), { timeout: 2_000 }).toBeUndefined();
  await expect
    .poll(() => {
      answer();
      return Promise.race([first.then(textOf), later()]);
    })
    .toBe('418 one');
});

test('a member that knows no links is asked for one again after a minute', async () => {
  const { clock, ask, requests } = await setUp(echo, false);
  expect(ask('one')).toBeUndefined();
  await expect.poll(requests).toBe(1);
  await later();
  clock.advance(59_000);
  expect(ask('two')).toBeUndefined();
  await later();
  expect(requests()).toBe(1);
  clock.advance(2_000);
  expect(ask('three')).toBeUndefined();
  await expect.poll(requests).toBe(2);
});

test('a question fails with its link, and the next one opens another', async () => {
  let isSilent = true;
  const { links, askOverLink } = await setUp((body) =>
    isSilent ? new Promise(() => {}) : echo(body),
  );
  const cut = askOverLink('one');
  setTimeout(() => links.close(), 100);
  await expect(cut).rejects.toThrow(/EOF|closed|reset/i);
  isSilent = false;
  expect(textOf(await askOverLink('two'))).toBe('200 two');
});

test('a question that is not answered in time fails', async () => {
  const { clock, askOverLink } = await setUp(() => new Promise(() => {}));
  const unanswered = askOverLink('one').catch(String);
  await expect
    .poll(() => {
      clock.advance(TIMEOUT_MS);
      return Promise.race([unanswered, later()]);
    })
    .toMatch('timed out');
});

test('a link that nobody uses is given up', async () => {
  const { clock, ask, askOverLink } = await setUp(echo);
  await askOverLink('one');
  clock.advance(121_000);
  expect(clock.pendingTimers).toBe(0);
  expect(ask('two')).toBeUndefined();
});

test.each([
  ['a frame that is too long', Buffer.from([0, 0, 0, 1])],
  ['two questions at once', Buffer.concat([questionFrame(PART), questionFrame(PART)])],
])('%s ends the link', async (_name, bytes) => {
  const { port } = await setUp(echo);
  const socket = net.connect(port, '127.0.0.1');
  ends.push(() => socket.destroy());
  const head = `GET ${PATH} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: binnacle-link\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(head), bytes]));
  socket.resume();
  await new Promise((resolve) => socket.on('close', resolve));
});

test('another protocol, and another path, are no links', async () => {
  const { port, requests } = await setUp(echo);
  for (const [path, protocol] of [
    [PATH, 'h2c'],
    ['/else', 'binnacle-link'],
    [`${PATH}?a=1`, 'binnacle-link'],
  ]) {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const headers = { Connection: 'Upgrade', Upgrade: protocol };
      const options = { host: '127.0.0.1', port, path, headers, agent: false };
      http.get(options, resolve).on('error', reject);
    });
    response.resume();
    expect(response.statusCode).toBe(404);
  }
  expect(requests()).toBe(3);
});
