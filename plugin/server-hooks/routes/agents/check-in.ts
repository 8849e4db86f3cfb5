import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { ANSWER_PROOF, proveAnswer } from '../../../../protocol/crypto/answer-proof.js';
import { parseAuthorization } from '../../../../protocol/crypto/request-signature.js';
import { AGENT_PATHS } from '../../../../protocol/messages/agent-calls.js';
import { codeOf, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { findSigner, requireNewTimestamp } from '../../agents/authenticate-agent.js';
import { CheckInQueries } from '../../agents/check-in-queries.js';
import type { CheckIn, CheckInAnswer, CheckInReceiver, CheckIns } from '../../agents/check-ins.js';
import { hasBody, isOpen, resetResponse } from '../../docker/client-message.js';
import type { Logger } from '../../host.js';
import { cutLeftover } from '../../http/cut-leftovers.js';
import { endWithConnection } from '../../http/end-with-connection.js';
import { asProblem, toErrorReply, withHubTime } from '../../http/error-reply.js';
import type { Gateway } from '../../http/gateway.js';
import { preferredWait } from '../../http/preferred-wait.js';
import type { AuthFailureLog } from '../../live/auth-failure-log.js';
import type { LiveEnvironments } from '../../live/environments.js';
import type { Store } from '../../store/store.js';

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
   * Answers a check-in; authentication comes before any other answer but 405.
   * @param url below the mount
   * @returns false if it is not the path of check-ins; the request is then untouched
   */
  answer(req: IncomingMessage, res: ServerResponse, url: string): boolean {
    if (!isCheckIn(url)) return false;
    if (hasBody(req)) cutLeftover(req, res, this.#deps.clock);
    const call = new CheckInCall(this.#deps, req, res);
    try {
      this.#answer(call, url);
    } catch (error) {
      call.fail(error);
    }
    return true;
  }

  #answer(call: CheckInCall, url: string): void {
    const { gateway, store, clock, live, checkIns } = this.#deps;
    const { req, res } = call;
    const open = gateway.open('agent', AGENT_PATHS.checkIn, req, res);
    if (req.method !== 'GET') throw problem('method-not-allowed');
    const { headers } = req;
    const claim = parseAuthorization(headers.authorization);
    const head = { method: 'GET', path: url };
    const { environment, instance } = findSigner(store, clock, claim, head);
    open.environmentId = claim.environmentId;
    open.instanceId = claim.instanceId;
    call.signer = { secret: instance.secret, requestMac: claim.mac };
    requireNewTimestamp(live.of(environment.id).presence, clock, AGENT_PATHS.checkIn, claim);
    const checkIn: CheckIn = {
      environment,
      instance,
      query: this.#queries.parse(url),
      etag: headers['if-none-match'],
      waitSeconds: headers.prefer === undefined ? 0 : preferredWait(String(headers.prefer)),
    };
    checkIns.answer(checkIn, call);
  }
}

/** One check-in on its way to an answer. */
class CheckInCall implements CheckInReceiver {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Set once it is known: the answer then carries a proof, errors included. */
  signer: { readonly secret: string; readonly requestMac: string } | null = null;
  readonly #deps: CheckInDeps;

  constructor(deps: CheckInDeps, req: IncomingMessage, res: ServerResponse) {
    this.#deps = deps;
    this.req = req;
    this.res = res;
  }

  onClose(listener: () => void): void {
    this.res.once('close', listener);
    endWithConnection(this.req, this.res);
    // It closed before: `close` has been emitted.
    if (!isOpen(this.res)) listener();
  }

  send({ etag, body }: CheckInAnswer): void {
    if (body === null) this.#write(304, { etag }, EMPTY);
    else {
      const headers = { etag, 'cache-control': 'no-store', 'content-type': 'application/json' };
      this.#write(200, headers, jsonOf(body));
    }
  }

  fail(error: unknown): void {
    const { gateway, authFailures, clock, logger } = this.#deps;
    gateway.failed.agent.add(asProblem(error));
    if (codeOf(error) === 'agent-unauthorized') authFailures.note(logger);
    const { status, headers, problem } = toErrorReply(withHubTime(error, clock));
    if (status === 500) logger.error({ err: error }, 'unexpected error in a check-in');
    const allow = status === 405 ? { allow: 'GET' } : {};
    const type = { 'content-type': 'application/problem+json' };
    try {
      this.#write(status, { ...headers, ...allow, ...type }, jsonOf(problem));
    } catch (err) {
      logger.error({ err }, 'cannot answer a check-in');
      resetResponse(this.res);
    }
  }

  #write(status: number, headers: OutgoingHttpHeaders, body: Buffer): void {
    const { res, signer } = this;
    if (res.destroyed || res.headersSent) return;
    if (signer) {
      const etag = headers.etag === undefined ? undefined : String(headers.etag);
      const key = Buffer.from(signer.secret, 'base64url');
      headers[ANSWER_PROOF] = proveAnswer(key, signer.requestMac, { status, etag, body });
    }
    if (status === 304) {
      res.writeHead(status, headers);
      res.end();
      return;
    }
    res.writeHead(status, { ...headers, 'content-length': body.length });
    res.end(body);
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
