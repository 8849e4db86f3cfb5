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
  readonly signal?: AbortSignal | undefined;
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
  /** Its idle connections keep no process running. */
  readonly #agent = new https.Agent({ keepAlive: true, maxSockets: 4 });

  constructor({ url, ca, token }: Pick<Login, 'url' | 'ca'> & { readonly token: string | null }) {
    this.url = url;
    this.ca = ca;
    this.#token = token;
  }

  /**
   * Calls the plugin's API.
   * @param path below the plugin's base URL: `/api/environments`
   * @throws Failure for an answer of 400 and more, and if there is none
   */
  call<T>(method: string, path: string, options: CallOptions = {}): Promise<ClientAnswer<T>> {
    return this.#send(`${this.url}${path}`, method, options);
  }

  /** Calls the dashboard around the plugin: `/api/session`. The bundled host has these calls, others may not. */
  callHost<T>(method: string, path: string, options: CallOptions = {}): Promise<ClientAnswer<T>> {
    return this.#send(`${new URL(this.url).origin}${path}`, method, options);
  }

  async #send<T>(url: string, method: string, options: CallOptions): Promise<ClientAnswer<T>> {
    const { ca } = this;
    let answer: HubAnswer;
    try {
      answer = await sendToHub({ url, method, ca, token: this.#token, agent: this.#agent, ...options });
    } catch (error) {
      throw networkFailure(new URL(url).origin, error);
    }
    if (answer.status >= 300) throw refusal(answer, new URL(url).origin);
    const time = Number(answer.headers['fairlead-time']);
    return {
      status: answer.status,
      body: parse(answer.text) as T,
      hubTime: Number.isFinite(time) && time > 0 ? time : undefined,
    };
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
    status === 401 && code !== 'bad-password'
      ? 'Run fairlead login: the token was revoked or has expired'
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
