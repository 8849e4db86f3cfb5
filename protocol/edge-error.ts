/** HTTP representation and cause of an {@link EdgeError}. */
export interface EdgeErrorOptions {
  /** HTTP status of the reply. Default 500. */
  status?: number;
  /** Whether the message may be shown to the caller. Default true: these errors are thrown on purpose. */
  expose?: boolean;
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Further members of the problem document (RFC 9457 section 3.2). Never secrets. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/**
 * The one error type both sides throw on purpose. `code` is stable and has a row in
 * `docs/errors.md`; `status` and `expose` decide what an HTTP caller sees. Callers compare codes, never texts.
 */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  readonly code: string;
  readonly status: number;
  readonly expose: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, options: EdgeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? 500;
    this.expose = options.expose ?? true;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details;
  }
}

/** The stable code of anything thrown: ours, Node's (`ECONNREFUSED`), or `internal`. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'internal';
}
