/** What is known about one code: the only place for its status and its texts. */
export interface ProblemDefinition {
  /** HTTP status; absent: no HTTP answer has this code. */
  readonly status?: number;
  /** Exit code of the process that ends with it. */
  readonly exit?: number;
  /** What happened: the `detail` of the answer and the text in logs. Plain text, no full stop. */
  readonly sentence: string;
  /** More about the cause; replaces the sentence in docs/errors.md. Markdown. */
  readonly cause?: string;
  /** What to do, in docs/errors.md, the panel and the agent's log. Markdown, no full stop. */
  readonly nextStep: string;
  /** The caller gets the code only. */
  readonly isSilent?: true;
}

/** Definitions by code. */
export type ProblemDefinitions<Code extends string> = Readonly<Record<Code, ProblemDefinition>>;

/** What one occurrence of a problem adds to the definition of its code. */
export interface ProblemOptions {
  /** Replaces the sentence where the place knows more. Never secrets. */
  readonly detail?: string | undefined;
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined;
  /** Further members of the problem document (RFC 9457 section 3.2). Never secrets. */
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/**
 * The one error type both sides throw on purpose. Callers compare `code`, which is stable, and never the message.
 * Create it with `problem('name-taken')`; the constructor is for codes that arrive over a wire.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  /** HTTP status of the answer. */
  readonly status: number;
  /** Whether the caller gets the message. */
  readonly isSilent: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly members: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: string,
    message: string,
    { status = 500, isSilent = false, cause, retryAfterSeconds, members }: ProblemInit = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.isSilent = isSilent;
    this.retryAfterSeconds = retryAfterSeconds;
    this.members = members;
  }
}

interface ProblemInit extends Omit<ProblemOptions, 'detail'> {
  readonly status?: number | undefined;
  readonly isSilent?: boolean | undefined;
}

/** A constructor of problems that accepts the codes of `definitions` only. */
export function problemsOf<Code extends string>(definitions: ProblemDefinitions<Code>) {
  return (code: Code, { detail, ...options }: ProblemOptions = {}): Problem => {
    const { sentence, status, isSilent } = definitions[code];
    return new Problem(code, detail ?? sentence, { status, isSilent, ...options });
  };
}

/** The stable code of anything thrown: ours, Node's (`ECONNREFUSED`), or `internal`. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'internal';
}

/** A text of a definition without the Markdown around code. */
export function plain(text: string): string {
  return text.replaceAll('`', '');
}
