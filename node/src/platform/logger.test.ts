import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogSampler } from './log-sampler.ts';
import { createLogger, formatTimestamp, isLogLevel } from './logger.ts';

let folder = '';
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'binnacle-log-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const lines = (path: string): string[] => fs.readFileSync(path, 'utf8').trimEnd().split('\n');

test('a line has the keys of zap in its order, then the fields', () => {
  const path = join(folder, 'log');
  const logger = createLogger({ level: 'info', outputs: [path], format: 'json' });
  logger.debug('not this');
  logger.info('ready "now"', {
    'member-id': 0xdeadbeefdeadbeefn,
    error: new Error('no'),
    count: 3,
    none: undefined,
  });
  logger.warn('bare');
  const written = lines(path);
  expect(written).toHaveLength(2);
  expect(written[0]).toMatch(
    /^\{"level":"info","ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d{4})","caller":"platform\/logger\.test\.ts:\d+","msg":"ready \\"now\\"","member-id":"deadbeefdeadbeef","error":"no","count":3\}$/,
  );
  expect(JSON.parse(written[1] ?? '')).toMatchObject({ level: 'warn', msg: 'bare' });
});

test('the level can be changed, console format is separated by tabs, each output gets the line', () => {
  const paths = [join(folder, 'a'), join(folder, 'b')];
  const logger = createLogger({ level: 'error', outputs: paths, format: 'console' });
  logger.info('hidden');
  logger.level = 'debug';
  expect(logger.level).toBe('debug');
  logger.debug('shown', { key: 'k' });
  logger.fatal('end');
  for (const path of paths) {
    const [first, second] = lines(path);
    expect(first?.split('\t').slice(1)).toEqual([
      'debug',
      expect.stringMatching(/^platform\/logger\.test\.ts:\d+$/),
      'shown',
      '{"key":"k"}',
    ]);
    expect(second?.split('\t')[1]).toBe('fatal');
  }
});

test('outputs are refused as etcd refuses them', () => {
  expect(() =>
    createLogger({ level: 'info', outputs: ['default', 'stdout'], format: 'json' }),
  ).toThrow('multi logoutput for "default" is not supported yet');
  expect(isLogLevel('warn')).toBe(true);
  expect(isLogLevel('loud')).toBe(false);
});

test('a timestamp keeps its microseconds', () => {
  const text = formatTimestamp(Date.UTC(2026, 10, 21, 4, 15, 0) * 1000 + 123_456);
  expect(text).toMatch(/:00\.123456(Z|[+-]\d{4})$/);
  if (new Date().getTimezoneOffset() === 0) expect(text).toBe('2026-11-21T04:15:00.123456Z');
});

test('a flood of one message is thinned out, other messages are not', () => {
  const sampler = new LogSampler();
  let admitted = 0;
  for (let i = 0; i < 1000; i++) if (sampler.admits('info', 'flood', 500)) admitted++;
  expect(admitted).toBe(100 + 9);
  expect(sampler.admits('info', 'other', 500)).toBe(true);
  expect(sampler.admits('info', 'flood', 1500)).toBe(true);
});
