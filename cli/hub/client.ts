import https from 'node:https';
import type { ProblemDocument } from '../../plugin/api.js';
import { plain } from '../../protocol/problems/problem.js';
import { definitionOf } from '../../protocol/problems.js';
import type { Login } from '../config/logins.js';
import { EXIT, Failure } from '../failure.js';
import { networkFailure } from './network-failure.js';
import { type HubAnswer, sendToHub } from './send.js';

export interface CallOptions {
  readonly body?: unknown;
  readonly timeoutMs?: number;
  /** Replaces the interrupt. */
  readonly signal?: AbortSignal | undefined;
  /** Not ended by an interrupt: what was created must be known, and what is not used any more revoked. */
  readonly mustFinish?: boolean;
}

/** The gateway's statuses mean that the environment, or the hub behind a proxy, is not reachable now. */
const EXIT_OF_STATUS: Readonly<Record<number, number>> = {
  401: EXIT.unauthorized,
  403: EXIT.unauthorized,
  404: EXIT.notFound,
  502: EXIT.unreachable,
  503: EXIT.unreachable,
  504: EXIT.unreachable,
};

/** An answer with a parsed body. */
export interface ClientAnswer<T> {
  readonly status: number;
  readonly body: T;
  /** The hub's clock, ms since 1970; undefined: it did not say. */
  readonly hubTime: number | undefined;
}

/** Calls the API of a hub with the token of a login. */
export class HubClient {
  readonly url: string;
  /** PEM of the pinned CA, or null. */
  readonly ca: string | null;
  readonly #token: string | null;
  readonly #interrupted: AbortSignal;
  /** Its idle connections keep no process running. */
  readonly #agent = new https.Agent({ keepAlive: true, maxSockets: 4 });

  constructor(
    { url, ca, token }: Pick<Login, 'url' | 'ca'> & { readonly token: string | null },
    interrupted: AbortSignal,
  ) {
    this.url = url;
    this.ca = ca;
    this.#token = token;
    this.#interrupted = interrupted;
  }

  /**
   * Calls the plugin's API.
   * @param path below the plugin's base URL: `/api/environments`
   * @throws Failure for an answer of 300 and more, for one that is not JSON, and if there is none
   */
  call<T>(method: string, path: string, options: CallOptions = {}): Promise<ClientAnswer<T>> {
    return this.#json(`${this.url}${path}`, method, options);
  }

  /** Calls the dashboard around the plugin: `/api/session`. The bundled host has these calls, others may not. */
  callHost<T>(method: string, path: string, options: CallOptions = {}): Promise<ClientAnswer<T>> {
    return this.#json(`${new URL(this.url).origin}${path}`, method, options);
  }

  /** Calls the engine of an environment, and ignores the body of its answer. */
  async callEngine(method: string, environmentId: number, path: string): Promise<void> {
    await this.#send(`${this.url}/api/environments/${environmentId}/docker${path}`, method, {});
  }

  async #json<T>(url: string, method: string, options: CallOptions): Promise<ClientAnswer<T>> {
    const { status, headers, text } = await this.#send(url, method, options);
    const body = status === 204 ? null : parse(text);
    if (body === undefined)
      throw new Failure(`${url} does not answer in JSON`, {
        nextStep: 'Check the address: it may be that of a proxy or a sign-in page',
      });
    const time = Number(headers['fairlead-time']);
    return { status, body: body as T, hubTime: time > 0 ? time : undefined };
  }

  async #send(url: string, method: string, options: CallOptions): Promise<HubAnswer> {
    const { mustFinish = false, body, timeoutMs } = options;
    const signal = mustFinish ? undefined : (options.signal ?? this.#interrupted);
    const request = { url, method, body, ca: this.ca, token: this.#token, agent: this.#agent };
    const { origin } = new URL(url);
    let answer: HubAnswer;
    try {
      answer = await sendToHub({
        ...request,
        signal,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
    } catch (error) {
      throw networkFailure(origin, error);
    }
    if (answer.status >= 300) throw refusal(answer, origin);
    return answer;
  }
}

/** The failure of an answer that is not a success. */
export function refusal(answer: Pick<HubAnswer, 'status' | 'headers' | 'text'>, origin: string): Failure {
  const { status, headers, text } = answer;
  if (status < 400)
    return new Failure(`${origin} redirects to ${String(headers.location)}`, {
      exitCode: EXIT.unreachable,
      nextStep: 'Log in with the address that it redirects to',
    });
  const body = parse(text) as Partial<ProblemDocument> | undefined;
  const code = typeof body?.code === 'string' ? body.code : undefined;
  const detail = body?.detail ?? body?.message ?? `${origin} answered ${status}`;
  const known = code === undefined ? undefined : definitionOf(code);
  const nextStep =
    status === 401 && (code === undefined || code === 'unauthorized')
      ? 'Run fairlead login: the token was revoked or has expired'
      : body?.retryAfterSeconds !== undefined
        ? `Try again in ${Math.ceil(Number(body.retryAfterSeconds))} s`
        : known && plain(known.nextStep);
  return new Failure(String(detail), { exitCode: EXIT_OF_STATUS[status] ?? EXIT.failed, nextStep, code });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
