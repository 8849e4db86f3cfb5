import { type IPty, spawn } from '@lydell/node-pty';
import type { Scope } from '../scope.js';
import { STEP_MS, within } from './session.js';
import type { DockerSide } from './setup.js';

/** A docker client on its own terminal, as a person at a keyboard has it. */
export interface DockerTerminal {
  /** Types. */
  write(text: string): void;
  /**
   * Drags the window to a size until the output matches. Not once: a client listens for changes only after it
   * has sent the engine the first size, which is not visible from outside.
   */
  drag(columns: number, rows: number, until: RegExp): Promise<void>;
  /** Resolves when the screen's text so far matches. */
  untilOutput(pattern: RegExp, ms?: number): Promise<void>;
  /** Its end. Rejects after `ms`. */
  end(ms?: number): Promise<{ readonly code: number; readonly output: string }>;
}

const DRAG_MS = 250;

/** Starts a docker client on a terminal of 80 × 24. It ends with the scope at the latest. */
export function startTerminal(scope: Scope, side: DockerSide, args: readonly string[]): DockerTerminal {
  const pty: IPty = spawn(side.program, [...side.args, ...args], {
    cols: 80,
    rows: 24,
    env: { ...side.env },
  });
  let output = '';
  const describe = () => `docker ${args.join(' ')} (${side.kind}, terminal)\n${output}`;
  let ended = false;
  const closed = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => {
      ended = true;
      resolve(exitCode);
    });
  });
  const listeners = new Set<() => void>();
  pty.onData((text) => {
    output += text;
    for (const listener of [...listeners]) listener();
  });
  scope.teardown(async () => {
    if (!ended) pty.kill('SIGKILL');
    await closed;
  });
  const untilOutput = (pattern: RegExp, ms = STEP_MS) =>
    within(ms, closed, describe, (found) => {
      const check = () => {
        if (!pattern.test(output)) return;
        listeners.delete(check);
        found();
      };
      listeners.add(check);
      check();
    });
  return {
    write: (text) => pty.write(text),
    drag: async (columns, rows, until) => {
      const move = () => {
        pty.resize(columns - 1, rows);
        pty.resize(columns, rows);
      };
      const again = setInterval(move, DRAG_MS);
      move();
      await untilOutput(until).finally(() => clearInterval(again));
    },
    untilOutput,
    end: async (ms = STEP_MS) => {
      await within(ms, null, describe, (found) => closed.then(found));
      return { code: await closed, output };
    },
  };
}
