import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../plugin/server-hooks/host.js';
import type { ApiTokens } from './api-tokens.js';
import type { LiveCredentials } from './live-credentials.js';
import { presentedToken } from './presented-token.js';
import type { Session, Sessions, VerifiedSession } from './sessions.js';

/** The session cookie. The `__Host-` prefix makes browsers require Secure, Path=/ and no Domain. */
export const SESSION_COOKIE = '__Host-fairlead';

/**
 * Header required with the cookie on every method, GET included. Pages of other origins cannot send it (that needs
 * a CORS preflight, which this host never grants), and neither can a link, a form or an image.
 */
export const CSRF_HEADER = 'x-fairlead-csrf';

/** The caller of a request, and its session unless it used an API token. */
export interface Caller {
  readonly principal: Principal;
  readonly session: Session | null;
}

/** Identifies the caller of a request by the token in `Authorization`, else by cookie and CSRF header. */
export class Authenticator {
  readonly #sessions: Sessions;
  readonly #tokens: ApiTokens;
  readonly #live: LiveCredentials;

  constructor(sessions: Sessions, tokens: ApiTokens, live: LiveCredentials) {
    this.#sessions = sessions;
    this.#tokens = tokens;
    this.#live = live;
  }

  async identify(req: IncomingMessage): Promise<Caller | null> {
    const { authorization } = req.headers;
    // Node uses the first of several; a proxy in front of the host may have checked another.
    if (isRepeated(req.rawHeaders, 'authorization')) return null;
    // An invalid token is never replaced by a valid cookie.
    if (authorization !== undefined) return this.#byToken(presentedToken(req));
    const cookie = cookieOf(req.headers.cookie, SESSION_COOKIE);
    if (cookie === undefined || req.headers[CSRF_HEADER] !== '1') return null;
    return this.#asAdmin(await this.#sessions.verify(cookie), 'cookie');
  }

  async #byToken(presented: string | null): Promise<Caller | null> {
    if (presented === null) return null;
    const token = this.#tokens.find(presented);
    if (token === null) return this.#asAdmin(await this.#sessions.verify(presented), 'bearer');
    const { id, name, environmentId } = token;
    const bound = environmentId === null ? {} : { environmentId };
    const isValid = () => this.#tokens.find(presented) !== null;
    const principal = { id: `token:${name}`, via: 'bearer' as const, ...bound };
    return { principal: this.#withSignal(principal, `token:${id}`, isValid), session: null };
  }

  #asAdmin(session: VerifiedSession | null, via: Principal['via']): Caller | null {
    if (session === null) return null;
    const { id, isValid } = session;
    return { principal: this.#withSignal({ id: 'admin', via }, `session:${id}`, isValid), session };
  }

  /** Only long-lived streams read the signal, so that other requests leave no state. */
  #withSignal(principal: Principal, key: string, isValid: () => boolean): Principal {
    const live = this.#live;
    return {
      ...principal,
      get ended() {
        return live.signalOf(key, isValid);
      },
    };
  }
}

/** `rawHeaders` as in Node: names and values alternate. */
function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length > 1;
}

/** The first cookie of this name in a `Cookie` header. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  return header
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(prefix))
    ?.slice(prefix.length);
}
