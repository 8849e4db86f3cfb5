import type { Problem } from '../api.js';
import { HubTime } from './hub-time.js';

/** A call that the hub refused, or that did not reach it (`unreachable`). */
export class ApiError extends Error {
  /** Stable, as in docs/errors.md. */
  readonly code: string;
  /** HTTP status, 0 where there was no answer. */
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
  /** Bearer token of each call. Without it the session cookie goes along, with the header that proves whose page it is. */
  readonly getToken?: (() => string | Promise<string>) | undefined;
  /** Called for each 401 of the hub's. */
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
  /** The time by the clock of the hub that it calls. */
  readonly hubTime = new HubTime();
  readonly #options: ApiClientOptions;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /**
   * The answer's JSON; undefined where it has none.
   * @throws {ApiError} and `AbortError`
   */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const response = await this.open(method, path, options);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /**
   * An answer whose body is yet to be read, such as a stream.
   * @throws {ApiError} and `AbortError`
   */
  async open(method: string, path: string, { body, headers, signal }: CallOptions = {}): Promise<Response> {
    if (hasDotSegment(path)) throw new ApiError('path-refused', 'This name cannot stand in an address', 0);
    const { baseUrl, getToken, onUnauthorized, fetch: send = fetch } = this.#options;
    const proof: Record<string, string> = getToken
      ? { Authorization: `Bearer ${await getToken()}` }
      : { 'X-Fairlead-CSRF': '1' };
    const hear = this.hubTime.ask();
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
    if (!isEngines(response)) hear(response.headers.get('fairlead-time'));
    // Docker's answer to stopping what stands still: it is as it should be.
    if (response.ok || response.status === 304) return response;
    if (response.status === 401 && !isEngines(response)) onUnauthorized?.();
    throw await refusalOf(response);
  }
}

/** `fetch` resolves `..`: a name that an engine chose would lead the call elsewhere (WHATWG URL, dot segments). */
function hasDotSegment(path: string): boolean {
  const [way = ''] = path.split(/[?#]/, 1);
  return way.split(/[/\\]/).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}

/** Whether an engine said this, and not the hub: the hub marks what it passes on. */
function isEngines({ headers }: Response): boolean {
  return headers.get('x-fairlead-answer') === 'engine';
}

/** Engines' own errors have a `message`; a code is the hub's to give. */
async function refusalOf(response: Response): Promise<ApiError> {
  const fallback = `The answer was ${response.status} ${response.statusText}`.trim();
  const problem: Partial<Problem & { message: string }> = await response
    .json()
    .then((value: unknown) => Object(value))
    .catch(() => ({}));
  const text = problem.detail ?? problem.message;
  return new ApiError(
    typeof problem.code === 'string' && !isEngines(response) ? problem.code : 'engine',
    typeof text === 'string' ? text : fallback,
    response.status,
  );
}
