/** Exit codes, as docs/cli.md lists them. A command run by `exec` ends with its own. */
export const EXIT = Object.freeze({
  ok: 0,
  failed: 1,
  usage: 2,
  unauthorized: 3,
  notFound: 4,
  unreachable: 5,
  /** Of a process ended by SIGINT, in shells. */
  interrupted: 130,
  /** Of a process ended by SIGPIPE, in shells. */
  outputClosed: 141,
});

export interface FailureOptions {
  /** Default `EXIT.failed`. */
  readonly exitCode?: number;
  /** What the user can do about it. */
  readonly nextStep?: string | undefined;
  /** The stable code of a problem of the hub, or Node's. */
  readonly code?: string | undefined;
  readonly cause?: unknown;
}

/** An expected end of a command: one sentence and the next step, never a stack. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;
  readonly nextStep: string | undefined;
  readonly code: string | undefined;

  constructor(message: string, { exitCode = EXIT.failed, nextStep, code, cause }: FailureOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
    this.nextStep = nextStep;
    this.code = code;
  }
}

/** The failure of a command that the user interrupted. */
export function interruption(): Failure {
  return new Failure('Interrupted', { exitCode: EXIT.interrupted });
}
