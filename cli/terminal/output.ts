import type { Runtime } from '../runtime.js';
import { printable, printableJson } from './printable.js';

/** The result of one check; `skip`: it was not possible to tell; `warn`: it will fail. */
export type Mark = 'ok' | 'fail' | 'skip' | 'warn';

const MARKS = {
  ok: { sign: '✓', colour: 32 },
  fail: { sign: '✗', colour: 31 },
  skip: { sign: '-', colour: 33 },
  warn: { sign: '!', colour: 33 },
} as const;

/**
 * Writes results to standard output and notes to standard error. Whatever is written is made printable here, and
 * colours are added afterwards, so that no text from elsewhere can control the terminal.
 */
export class Output {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** One line of the result. */
  line(text: string): void {
    this.#runtime.stdout.write(`${printable(text)}\n`);
  }

  /** A note to the user, which is not part of the result. */
  note(text: string): void {
    this.#runtime.stderr.write(`${printable(text)}\n`);
  }

  json(value: unknown): void {
    this.#runtime.stdout.write(`${printableJson(value)}\n`);
  }

  /** A note to a program, on one line. */
  noteJson(value: unknown): void {
    this.#runtime.stderr.write(`${printableJson(value, 0)}\n`);
  }

  /** `✓ label  text`, and the next step below. */
  check(mark: Mark, label: string, text: string, nextStep?: string): void {
    const { sign, colour } = MARKS[mark];
    this.#signed(sign, colour, `${label.padEnd(12)} ${text}`);
    if (nextStep !== undefined) this.line(`  → ${nextStep}`);
  }

  #signed(sign: string, colour: number, text: string): void {
    const { stdout, env } = this.#runtime;
    const isColoured = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
    const shown = isColoured ? `\u001b[${colour}m${sign}\u001b[39m` : sign;
    stdout.write(`${shown} ${printable(text)}\n`);
  }
}
