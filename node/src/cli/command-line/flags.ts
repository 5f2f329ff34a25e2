// Flags as etcd's tools take them: `--flag value`, `--flag=value`, `-w json`, anywhere on the line; `--` ends them.
import { durationMs } from '../../server/index.ts';
import { UsageError } from './errors.ts';

export interface FlagSpec {
  readonly name: string;
  /** A single letter. */
  readonly short?: string;
  /** A `bool` takes its value only with `=`. */
  readonly kind: 'bool' | 'text';
  readonly fallback: string;
  readonly usage: string;
}

export const textFlag = (name: string, fallback: string, usage: string): FlagSpec => ({
  name,
  kind: 'text',
  fallback,
  usage,
});

export const boolFlag = (name: string, usage: string): FlagSpec => ({
  name,
  kind: 'bool',
  fallback: 'false',
  usage,
});

/** The flags of one call, each under its type. Errors name the flag and what it was given. */
export class Flags {
  private readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  text(name: string): string {
    const value = this.values.get(name);
    if (value === undefined) throw new Error(`no flag ${name}`);
    return value;
  }

  /** What stands between the commas. */
  list(name: string): string[] {
    return this.text(name)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  }

  bool(name: string): boolean {
    const text = this.text(name);
    if (['true', 't', '1'].includes(text.toLowerCase())) return true;
    if (['false', 'f', '0'].includes(text.toLowerCase())) return false;
    throw this.invalid(name, 'true or false');
  }

  /** A whole number that JavaScript can hold. */
  number(name: string): number {
    const value = Number(this.text(name));
    if (!/^-?\d+$/.test(this.text(name)) || !Number.isSafeInteger(value))
      throw this.invalid(name, 'a whole number');
    return value;
  }

  /** Milliseconds of Go's notation; a bare number is seconds. */
  durationMs(name: string): number {
    const text = this.text(name);
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : durationMs(text);
    if (ms === undefined) throw this.invalid(name, 'a duration such as 500ms or 5s');
    return ms;
  }

  choice<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.text(name));
    if (found === undefined) throw this.invalid(name, `one of ${choices.join(', ')}`);
    return found;
  }

  private invalid(name: string, wanted: string): UsageError {
    return new UsageError(
      `invalid argument ${JSON.stringify(this.text(name))} for --${name}: it must be ${wanted}`,
    );
  }
}

export interface ParsedLine {
  readonly flags: Flags;
  /** What is not a flag. */
  readonly words: readonly string[];
}

/**
 * @param environment the value of a flag that is not on the line, or undefined
 * @throws UsageError for flags that `specs` does not have
 */
export function parseLine(
  argv: readonly string[],
  specs: readonly FlagSpec[],
  environment: (spec: FlagSpec) => string | undefined = () => undefined,
): ParsedLine {
  const values = new Map(
    specs.map((spec) => [spec.name, environment(spec) ?? spec.fallback] as const),
  );
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--') {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const { spec, value } = flagOf(argument, specs);
    if (value !== undefined) values.set(spec.name, value);
    else if (spec.kind === 'bool') values.set(spec.name, 'true');
    else {
      const next = argv[++i];
      if (next === undefined) throw new UsageError(`flag needs an argument: ${argument}`);
      values.set(spec.name, next);
    }
  }
  return { flags: new Flags(values), words };
}

function flagOf(
  argument: string,
  specs: readonly FlagSpec[],
): { spec: FlagSpec; value: string | undefined } {
  const at = argument.indexOf('=');
  const name = at < 0 ? argument : argument.slice(0, at);
  const value = at < 0 ? undefined : argument.slice(at + 1);
  const spec = specs.find((one) => name === `--${one.name}` || name === `-${one.short}`);
  if (spec !== undefined) return { spec, value };
  // `-wjson`
  const glued = specs.find((one) => one.kind === 'text' && name.startsWith(`-${one.short}`));
  if (glued !== undefined && !name.startsWith('--'))
    return { spec: glued, value: argument.slice(2) };
  throw new UsageError(`unknown flag: ${name}`);
}
