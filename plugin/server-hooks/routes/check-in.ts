import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { ANSWER_PROOF, proveAnswer } from '../../../protocol/crypto/answer-proof.js';
import { parseAuthorization, type RequestClaim } from '../../../protocol/crypto/request-signature.js';
import { AGENT_PATHS } from '../../../protocol/messages/agent-calls.js';
import { codeOf, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { type AuthenticatedAgent, findSigner, requireNewTimestamp } from '../agents/authenticate-agent.js';
import { CheckInQueries } from '../agents/check-in-queries.js';
import type { CheckInAnswer, CheckIns } from '../agents/check-ins.js';
import { hasBody } from '../docker/client-message.js';
import type { Logger } from '../host.js';
import { cutLeftover } from '../http/cut-leftovers.js';
import { endWithConnection } from '../http/end-with-connection.js';
import { toErrorReply, withHubTime } from '../http/error-reply.js';
import type { Gateway } from '../http/gateway.js';
import { preferredWait } from '../http/preferred-wait.js';
import type { AuthFailureLog } from '../live/auth-failure-log.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Store } from '../store/store.js';

export interface CheckInDeps {
  readonly gateway: Gateway;
  readonly store: Store;
  readonly live: Pick<LiveEnvironments, 'of'>;
  readonly checkIns: Pick<CheckIns, 'answer'>;
  readonly authFailures: AuthFailureLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

const EMPTY = Buffer.alloc(0);

/**
 * Answers check-ins on the raw request, without Koa: they are nearly all of a hub's calls. One without news is answered
 * in the same turn; what waiting needs is created only for a check-in that is held.
 */
export class CheckInRoute {
  readonly #deps: CheckInDeps;
  readonly #queries = new CheckInQueries();

  constructor(deps: CheckInDeps) {
    this.#deps = deps;
  }

  /**
   * Answers a check-in; authentication comes before any other answer.
   * @param url below the mount
   * @returns false if it is not the path of check-ins; the request is then untouched
   */
  answer(req: IncomingMessage, res: ServerResponse, url: string): boolean {
    if (!isCheckIn(url)) return false;
    if (hasBody(req)) cutLeftover(req, res, this.#deps.clock);
    const reply = new CheckInReply(this.#deps, res);
    try {
      const answer = this.#answer(req, res, url, reply);
      if (answer instanceof Promise) {
        answer.then(
          (late) => reply.send(late),
          (error: unknown) => reply.fail(error),
        );
      } else reply.send(answer);
    } catch (error) {
      reply.fail(error);
    }
    return true;
  }

  #answer(
    req: IncomingMessage,
    res: ServerResponse,
    url: string,
    reply: CheckInReply,
  ): CheckInAnswer | Promise<CheckInAnswer> {
    const { gateway, store, clock, live, checkIns } = this.#deps;
    const call = gateway.open('agent', AGENT_PATHS.checkIn, req, res);
    if (req.method !== 'GET') throw problem('method-not-allowed');
    const { headers } = req;
    const claim = parseAuthorization(headers.authorization);
    const head = { method: 'GET', path: url };
    const { environment, instance } = findSigner(store, clock, claim, head);
    call.environmentId = claim.environmentId;
    call.instanceId = claim.instanceId;
    reply.know(instance, claim);
    requireNewTimestamp(live.of(environment.id).presence, clock, head, claim);
    return checkIns.answer({
      environment,
      instance,
      query: this.#queries.parse(url),
      etag: headers['if-none-match'],
      waitSeconds: headers.prefer === undefined ? 0 : preferredWait(String(headers.prefer)),
      get signal() {
        const closed = new AbortController();
        endWithConnection(req, res);
        res.once('close', () => closed.abort());
        return closed.signal;
      },
    });
  }
}

/** The answer to one check-in. It carries a proof once the signer is known, errors included. */
class CheckInReply {
  readonly #deps: CheckInDeps;
  readonly #res: ServerResponse;
  #instance: AuthenticatedAgent['instance'] | null = null;
  #claim: RequestClaim | null = null;

  constructor(deps: CheckInDeps, res: ServerResponse) {
    this.#deps = deps;
    this.#res = res;
  }

  know(instance: AuthenticatedAgent['instance'], claim: RequestClaim): void {
    this.#instance = instance;
    this.#claim = claim;
  }

  send({ etag, body }: CheckInAnswer): void {
    const headers = { etag, 'cache-control': 'no-store' };
    if (body === null) this.#write(304, headers, EMPTY);
    else this.#write(200, { ...headers, 'content-type': 'application/json' }, jsonOf(body));
  }

  fail(error: unknown): void {
    const { authFailures, clock, logger } = this.#deps;
    if (codeOf(error) === 'agent-unauthorized') authFailures.note(logger);
    const { status, headers, problem } = toErrorReply(withHubTime(error, clock));
    if (status === 500) logger.error({ err: error }, 'unexpected error in a check-in');
    const allow = status === 405 ? { allow: 'GET' } : {};
    const type = { 'content-type': 'application/problem+json' };
    this.#write(status, { ...headers, ...allow, ...type }, jsonOf(problem));
  }

  #write(status: number, headers: OutgoingHttpHeaders, body: Buffer): void {
    const res = this.#res;
    if (res.destroyed || res.headersSent) return;
    if (this.#instance && this.#claim) {
      const key = Buffer.from(this.#instance.secret, 'base64url');
      const etag = headers.etag === undefined ? undefined : String(headers.etag);
      headers[ANSWER_PROOF] = proveAnswer(key, this.#claim.mac, { status, etag, body });
    }
    if (status !== 304) headers['content-length'] = body.length;
    res.writeHead(status, headers);
    res.end(status === 304 ? undefined : body);
  }
}

/** Paths are signed as spelled, so there is one spelling. */
function isCheckIn(url: string): boolean {
  const { length } = AGENT_PATHS.checkIn;
  return url.startsWith(AGENT_PATHS.checkIn) && (url.length === length || url[length] === '?');
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
