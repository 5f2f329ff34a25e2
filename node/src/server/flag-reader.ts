// Gives the text of flags its type, with errors that name the flag.
import { durationMs } from './duration.ts';
import { FLAG_BY_NAME } from './flag-specs.ts';
import { ConfigError, type FlagValues } from './flag-values.ts';

/** @throws ConfigError unless `url` is one to listen on, or to be reached at: scheme, host and port */
export function checkUrl(flag: string, url: string): void {
  if (!URL.canParse(url)) throw new ConfigError(`--${flag}: ${JSON.stringify(url)} is not a URL`);
  const { protocol, port, pathname } = new URL(url);
  if (!['http:', 'https:', 'unix:', 'unixs:'].includes(protocol)) {
    throw new ConfigError(`--${flag}: URL scheme must be http, https, unix, or unixs: ${url}`);
  }
  if (protocol.startsWith('unix')) return;
  // The URL parser drops a scheme's default port, so look for it in the text.
  if (!url.includes('://') || (port === '' && !/:\d+\/?$/.test(url))) {
    throw new ConfigError(`--${flag}: URL address does not have the form "host:port": ${url}`);
  }
  if (pathname !== '/' && pathname !== '')
    throw new ConfigError(`--${flag}: URL must not contain a path: ${url}`);
}

export class FlagReader {
  private readonly values: FlagValues;

  constructor(values: FlagValues) {
    this.values = values;
  }

  text(name: string): string {
    const spec = FLAG_BY_NAME.get(name);
    if (spec === undefined) throw new Error(`no flag ${name}`);
    return this.values.get(name) ?? spec.fallback;
  }

  list(name: string): string[] {
    return this.text(name)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  }

  urls(name: string): string[] {
    const urls = [...new Set(this.list(name).map((url) => url.replace(/\/$/, '')))];
    for (const url of urls) checkUrl(name, url);
    return urls;
  }

  bool(name: string): boolean {
    const text = this.text(name);
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
    throw new ConfigError(
      `invalid boolean value ${JSON.stringify(text)} for --${name}: use true or false`,
    );
  }

  number(name: string, min = -Infinity): number {
    const text = this.text(name);
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new ConfigError(
        `invalid value ${JSON.stringify(text)} for --${name}: it must be a whole number`,
      );
    }
    if (value < min) throw new ConfigError(`--${name} must be at least ${min} (set to ${value})`);
    return value;
  }

  duration(name: string): number {
    const ms = durationMs(this.text(name));
    if (ms === undefined) {
      throw new ConfigError(
        `invalid value ${JSON.stringify(this.text(name))} for --${name}: it must be a duration such as 100ms, 5s or 2h`,
      );
    }
    return ms;
  }

  choice<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const text = this.text(name);
    const found = choices.find((choice) => choice === text);
    if (found === undefined) {
      const list = choices.map((choice) => JSON.stringify(choice)).join(', ');
      throw new ConfigError(
        `invalid value ${JSON.stringify(text)} for --${name}: it must be one of ${list}`,
      );
    }
    return found;
  }
}
