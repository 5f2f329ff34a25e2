// Logging in zap's JSON shape, as etcd prints it: level, ts, caller, msg, then the fields
// (etcd client/pkg/logutil/zap.go, server/embed/config_logging.go).
import { getCallSites } from 'node:util';
import { pino } from 'pino';
import { formatId } from '../base/ids.ts';
import type { LogFields, Logger } from '../base/logger.ts';
import { LogSampler } from './log-sampler.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = 'json' | 'console';

export interface LoggerOptions {
  /** --log-level */
  readonly level: LogLevel;
  /** --log-outputs: `default` (stderr), `stderr`, `stdout`, `systemd/journal` (stderr here), or paths of files. */
  readonly outputs: readonly string[];
  /** --log-format */
  readonly format: LogFormat;
}

/** The logger a process makes once. */
export interface RootLogger extends Logger {
  /** May be changed while running. */
  level: LogLevel;
  /** Logs what makes the process end; ending it is the caller's. */
  panic(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
}

export function isLogLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text);
}

interface Sink {
  write(line: string): void;
}

/** Stack frames between a caller of `info` and the capture below. */
const FRAMES_OF_LOGGER = 3;

class ZapLogger implements RootLogger {
  private threshold = 0;
  private readonly format: LogFormat;
  private readonly sinks: readonly Sink[];
  private readonly sampler = new LogSampler();

  constructor(options: LoggerOptions) {
    this.level = options.level;
    this.format = options.format;
    this.sinks = openSinks(options.outputs);
  }

  get level(): LogLevel {
    return LOG_LEVELS[this.threshold] ?? 'info';
  }

  set level(level: LogLevel) {
    this.threshold = LOG_LEVELS.indexOf(level);
  }

  debug(message: string, fields?: LogFields): void {
    if (this.threshold <= 0) this.print('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.threshold <= 1) this.print('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.threshold <= 2) this.print('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    if (this.threshold <= 3) this.print('error', message, fields);
  }

  panic(message: string, fields?: LogFields): void {
    if (this.threshold <= 5) this.print('panic', message, fields);
  }

  fatal(message: string, fields?: LogFields): void {
    this.print('fatal', message, fields);
  }

  private print(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!this.sampler.admits(level, message, performance.now())) return;
    const caller = callerOf();
    const timestamp = formatTimestamp(wallMicros());
    const line =
      this.format === 'json'
        ? jsonLine(level, timestamp, caller, message, fields)
        : consoleLine(level, timestamp, caller, message, fields);
    for (const sink of this.sinks) sink.write(line);
  }
}

/**
 * Opens the outputs and returns the logger. Lines are written synchronously, so that the last ones before a crash are there.
 * @throws Error when a file cannot be opened, or when `default` stands beside other outputs (as etcd)
 */
export function createLogger(options: LoggerOptions): RootLogger {
  return new ZapLogger(options);
}

function openSinks(outputs: readonly string[]): Sink[] {
  const names = outputs.length === 0 ? ['default'] : outputs;
  if (names.length > 1 && names.includes('default'))
    throw new Error('multi logoutput for "default" is not supported yet');
  if (names.includes('/dev/null')) return [];
  return [...new Set(names.map(destinationOf))].map((destination) => {
    const sink = pino.destination({ dest: destination, sync: true, append: true });
    // A closed pipe or a full disk must not take the store down with it.
    sink.on('error', () => {});
    return sink;
  });
}

function destinationOf(output: string): number | string {
  if (output === 'default' || output === 'stderr' || output === 'systemd/journal') return 2;
  return output === 'stdout' ? 1 : output;
}

function jsonLine(
  level: LogLevel,
  timestamp: string,
  caller: string,
  message: string,
  fields: LogFields | undefined,
): string {
  let line = `{"level":"${level}","ts":"${timestamp}","caller":${JSON.stringify(caller)},"msg":${JSON.stringify(message)}`;
  if (fields !== undefined) {
    const json = JSON.stringify(fields, toPlain);
    if (json.length > 2) line += `,${json.slice(1, -1)}`;
  }
  return `${line}}\n`;
}

function consoleLine(
  level: LogLevel,
  timestamp: string,
  caller: string,
  message: string,
  fields: LogFields | undefined,
): string {
  const line = `${timestamp}\t${level}\t${caller}\t${message}`;
  const json = fields === undefined ? '{}' : JSON.stringify(fields, toPlain);
  return json === '{}' ? `${line}\n` : `${line}\t${json}\n`;
}

/** What JSON has no form for: ids as etcd prints them, errors by their text, bytes as base64. */
function toPlain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return formatId(value);
  if (value instanceof Error) return value.message;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>);
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return value;
}

/** `room/file.ts:line`, zap's short form. */
function callerOf(): string {
  const site = getCallSites(FRAMES_OF_LOGGER + 1)[FRAMES_OF_LOGGER];
  if (site === undefined) return 'unknown';
  const slash = site.scriptName.lastIndexOf('/');
  const start = site.scriptName.lastIndexOf('/', slash - 1) + 1;
  return `${site.scriptName.slice(start)}:${site.lineNumber}`;
}

let anchorMicros = performance.timeOrigin * 1000;

/** The wall clock in microseconds: the fine clock, moved along when the coarse one was set. */
function wallMicros(): number {
  const fine = anchorMicros + performance.now() * 1000;
  const coarse = Date.now() * 1000;
  if (Math.abs(fine - coarse) < 20_000) return Math.floor(fine);
  anchorMicros += coarse - fine;
  return coarse;
}

/** Go's layout 2006-01-02T15:04:05.000000Z0700 in local time. */
export function formatTimestamp(micros: number): string {
  const ms = Math.floor(micros / 1000);
  const offsetMinutes = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 23);
  const fraction = String(micros - ms * 1000).padStart(3, '0');
  return `${local}${fraction}${formatOffset(offsetMinutes)}`;
}

function formatOffset(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'Z';
  const size = Math.abs(offsetMinutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `${offsetMinutes < 0 ? '-' : '+'}${hours}${String(size % 60).padStart(2, '0')}`;
}
