import { expect, test } from 'vitest';
import { parseTlsPolicy, withScheme } from './tls-policy.ts';

test.each([
  ['plain', 'http'],
  ['both', 'http'],
  ['both', 'https'],
  ['server', 'https'],
  ['mutual', 'https'],
])('%s with %s is a policy', (accept, advertise) => {
  const text = JSON.stringify({ accept, advertise, later: true });
  expect(parseTlsPolicy(text)).toEqual({ accept, advertise });
});

test.each([
  ['', 'not valid JSON'],
  ['{"accept":"both"', 'not valid JSON'],
  ['[]', 'must be an object'],
  ['null', 'must be an object'],
  [
    '{"advertise":"http"}',
    '"accept" must be one of "plain", "both", "server", "mutual"; it is missing',
  ],
  ['{"accept":"off","advertise":"http"}', 'it is "off"'],
  ['{"accept":"both","advertise":true}', '"advertise" must be one of "http", "https"; it is true'],
  ['{"accept":"plain","advertise":"https"}', 'nobody could connect'],
  ['{"accept":"mutual","advertise":"http"}', 'Go through "both"'],
])('%s is refused', (text, message) => {
  expect(() => parseTlsPolicy(text)).toThrow(message);
});

test('a URL gets the scheme that is advertised, and keeps the rest', () => {
  expect(withScheme('http://a.b:2380', 'https')).toBe('https://a.b:2380');
  expect(withScheme('https://[::1]:1', 'http')).toBe('http://[::1]:1');
  expect(withScheme('https://a:1', 'https')).toBe('https://a:1');
  expect(withScheme('unix://a:1', 'https')).toBe('unix://a:1');
});
