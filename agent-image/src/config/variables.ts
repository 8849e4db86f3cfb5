import { codeOf } from '../../../protocol/problems/problem.js';
import { ConfigError } from './error.js';

/** Reads a small text file; throws as `fs.readFileSync` does. */
export type ReadFile = (path: string) => string;

const DURATION = /^(?:(?<h>\d{1,9})h)?(?:(?<m>\d{1,9})m)?(?:(?<s>\d{1,9})s)?$/;

/** Typed access to environment variables. A variable that is set but empty counts as not set. */
export class Variables {
  readonly #env: NodeJS.ProcessEnv;
  readonly #readFile: ReadFile;

  constructor(env: NodeJS.ProcessEnv, readFile: ReadFile) {
    this.#env = env;
    this.#readFile = readFile;
  }

  /** The variable's value without surrounding white space, or null. */
  text(name: string): string | null {
    return this.#env[name]?.trim() || null;
  }

  /** The first of several names that is set, as with `HTTPS_PROXY` and `https_proxy`. */
  firstOf(...names: string[]): string | null {
    for (const name of names) {
      const value = this.text(name);
      if (value !== null) return value;
    }
    return null;
  }

  /**
   * A secret, from `NAME` or from the file that `NAME_FILE` names.
   * @throws ConfigError `config-missing`, or `config-invalid` when both are set or the file cannot be read
   */
  secret(name: string, nextStep: string): string {
    const value = this.text(name);
    const path = this.text(`${name}_FILE`);
    if (value !== null && path !== null) {
      throw new ConfigError('config-invalid', `${name} and ${name}_FILE are both set: remove one of them`);
    }
    if (path !== null) {
      const content = this.file(`${name}_FILE`, path).trim();
      if (content === '')
        throw new ConfigError('config-missing', `${name}_FILE names an empty file: ${nextStep}`);
      return content;
    }
    if (value === null) throw new ConfigError('config-missing', `${name} is not set: ${nextStep}`);
    return value;
  }

  /** `1`/`true`/`yes`/`on` or `0`/`false`/`no`/`off`; default false. @throws ConfigError `config-invalid` */
  flag(name: string): boolean {
    const value = this.text(name)?.toLowerCase() ?? '0';
    if (['1', 'true', 'yes', 'on'].includes(value)) return true;
    if (['0', 'false', 'no', 'off'].includes(value)) return false;
    throw invalid(name, value, 'set it to 1 or 0');
  }

  /** One of several choices. @throws ConfigError `config-invalid` */
  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name)?.toLowerCase() ?? fallback;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw invalid(name, value, `set it to one of ${choices.join(', ')}`);
    return choice;
  }

  /** Content of the file at `path`, which variable `name` refers to. @throws ConfigError `config-invalid` */
  file(name: string, path: string): string {
    try {
      return this.#readFile(path);
    } catch (cause) {
      throw new ConfigError(
        'config-invalid',
        `${name} names ${shown(path)}, which cannot be read (${codeOf(cause)}): mount the file and let the agent's user read it`,
        cause,
      );
    }
  }
}

/**
 * Reads `5m`, `30s`, `1h30m`, or a plain number of seconds (`300`), as Docker writes durations.
 * @returns milliseconds, or null for anything else
 */
export function parseDuration(text: string): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const groups = text === '' ? undefined : DURATION.exec(text)?.groups;
  if (!groups) return null;
  const { h = '0', m = '0', s = '0' } = groups;
  return (Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1000;
}

/** The error for an invalid variable whose value is not a secret. */
export function invalid(name: string, value: string, nextStep: string): ConfigError {
  return new ConfigError('config-invalid', `${name} cannot be ${shown(value)}: ${nextStep}`);
}

/** A value, shortened and escaped for one log line. */
function shown(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
