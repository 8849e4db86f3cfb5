import type { ProblemDocument } from '../../api.js';
import { HubTime } from './hub-time.js';

/** A call that the hub rejected, or that did not reach it (`unreachable`). */
export class ApiError extends Error {
  /** Stable, as in docs/errors.md. */
  readonly code: string;
  /** HTTP status; 0 if there was no response. */
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

export interface ApiClientOptions {
  /** Mount of the plugin, such as `/edge`. */
  readonly baseUrl: string;
  /** Bearer token of each call. Without it the session cookie is sent, with the CSRF header. */
  readonly getToken?: (() => string | Promise<string>) | undefined;
  /** Called for each 401 from the hub. */
  readonly onUnauthorized?: () => void;
  /** Default: the browser's. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Calls the admin API below `<baseUrl>/api`. */
export class ApiClient {
  /** The hub's clock. */
  readonly hubTime = new HubTime();
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /**
   * The response's JSON; undefined if it has no body.
   * @throws {ApiError} and `AbortError`
   */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const response = await this.open(method, path, options);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /**
   * A response whose body has not been read, such as a stream.
   * @throws {ApiError} and `AbortError`
   */
  async open(method: string, path: string, { body, headers, signal }: CallOptions = {}): Promise<Response> {
    if (hasDotSegment(path)) throw new ApiError('path-refused', 'This name cannot be used in a URL', 0);
    const { baseUrl, getToken, onUnauthorized, fetch: send = fetch } = this.#options;
    const proof: Record<string, string> = getToken
      ? { Authorization: `Bearer ${await getToken()}` }
      : { 'X-Fairlead-CSRF': '1' };
    const recordTime = this.hubTime.ask();
    const response = await send(`${baseUrl}/api${path}`, {
      method,
      headers: { ...proof, ...(body && { 'Content-Type': 'application/json' }), ...headers },
      credentials: getToken ? 'omit' : 'same-origin',
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new ApiError('unreachable', 'The hub cannot be reached', 0);
    });
    if (!isFromEngine(response)) recordTime(response.headers.get('fairlead-time'));
    // Docker's response when the container is already in the requested state.
    if (response.ok || response.status === 304) return response;
    if (response.status === 401 && !isFromEngine(response)) onUnauthorized?.();
    throw await errorOf(response);
  }
}

/** `fetch` resolves `..`: a name from an engine could redirect the call (WHATWG URL, dot segments). */
function hasDotSegment(path: string): boolean {
  const [pathname = ''] = path.split(/[?#]/, 1);
  return pathname.split(/[/\\]/).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}

/** Whether the response is an engine's, not the hub's: the hub marks what it proxies. */
function isFromEngine({ headers }: Response): boolean {
  return headers.get('x-fairlead-answer') === 'engine';
}

/** Engine errors have a `message`; only the hub sets a code. */
async function errorOf(response: Response): Promise<ApiError> {
  const fallback = `The response was ${response.status} ${response.statusText}`.trim();
  const problem: Partial<ProblemDocument & { message: string }> = await response
    .json()
    .then((value: unknown) => Object(value))
    .catch(() => ({}));
  const text = problem.detail ?? problem.message;
  return new ApiError(
    typeof problem.code === 'string' && !isFromEngine(response) ? problem.code : 'engine',
    typeof text === 'string' ? text : fallback,
    response.status,
  );
}
