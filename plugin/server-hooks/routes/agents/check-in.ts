import { ANSWER_PROOF, proveAnswer } from '../../../../protocol/crypto/answer-proof.js';
import { parseAuthorization } from '../../../../protocol/crypto/request-signature.js';
import { AGENT_PATHS } from '../../../../protocol/messages/agent-calls.js';
import { codeOf, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { findSigner, requireNewTimestamp } from '../../agents/authenticate-agent.js';
import { CheckInQueries } from '../../agents/check-in-queries.js';
import type { CheckIn, CheckInAnswer, CheckInReceiver, CheckIns } from '../../agents/check-ins.js';
import type { Logger } from '../../host.js';
import { asProblem, toErrorReply, withHubTime } from '../../http/error-reply.js';
import type { Gateway } from '../../http/gateway.js';
import { preferredWait } from '../../http/preferred-wait.js';
import type { AuthFailureLog } from '../../live/auth-failure-log.js';
import type { LiveEnvironments } from '../../live/environments.js';
import type { Store } from '../../store/store.js';
import type { CheckInExchange, CheckInHead } from './check-in-exchange.js';

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
 * Answers check-ins without Koa: they are nearly all of a hub's calls. One without news is answered in the same turn; what
 * waiting needs is created only for a check-in that is held. Whoever read the head, Node's HTTP server or the host, the
 * same code answers.
 */
export class CheckInRoute {
  readonly #deps: CheckInDeps;
  readonly #queries = new CheckInQueries();

  constructor(deps: CheckInDeps) {
    this.#deps = deps;
  }

  /** Whether this is the path of check-ins. Paths are signed as spelled, so there is one spelling. @param url below the mount */
  serves(url: string): boolean {
    const { length } = AGENT_PATHS.checkIn;
    return url.startsWith(AGENT_PATHS.checkIn) && (url.length === length || url[length] === '?');
  }

  /**
   * Answers a check-in; authentication comes before any other answer but 405.
   * @param head its URL below the mount
   */
  answer(head: CheckInHead, exchange: CheckInExchange): void {
    const call = new CheckInCall(this.#deps, exchange);
    try {
      this.#answer(head, call);
    } catch (error) {
      call.fail(error);
    }
  }

  #answer({ method, url, authorization, ifNoneMatch, prefer }: CheckInHead, call: CheckInCall): void {
    const { gateway, store, clock, live, checkIns } = this.#deps;
    const open = gateway.open('agent', AGENT_PATHS.checkIn, null, call.exchange);
    if (method !== 'GET') throw problem('method-not-allowed');
    const claim = parseAuthorization(authorization);
    const { environment, instance, key } = findSigner(store, clock, claim, { method, path: url });
    open.environmentId = claim.environmentId;
    open.instanceId = claim.instanceId;
    call.signer = { key, requestMac: claim.mac };
    requireNewTimestamp(live.of(environment.id).presence, clock, AGENT_PATHS.checkIn, claim);
    const checkIn: CheckIn = {
      environment,
      instance,
      query: this.#queries.parse(url),
      etag: ifNoneMatch,
      waitSeconds: prefer === undefined ? 0 : preferredWait(prefer),
    };
    checkIns.answer(checkIn, call);
  }
}

/** One check-in on its way to an answer. */
class CheckInCall implements CheckInReceiver {
  readonly exchange: CheckInExchange;
  /** Set once it is known: the answer then carries a proof, errors included. */
  signer: { readonly key: Uint8Array; readonly requestMac: string } | null = null;
  readonly #deps: CheckInDeps;

  constructor(deps: CheckInDeps, exchange: CheckInExchange) {
    this.#deps = deps;
    this.exchange = exchange;
  }

  onClose(listener: () => void): void {
    this.exchange.once('close', listener);
  }

  send({ etag, body }: CheckInAnswer): void {
    // Without `no-store`: answers to requests with `Authorization` are not stored (RFC 9111 section 3.5).
    if (body === null) this.#answer(304, { ETag: etag }, EMPTY);
    else {
      const headers = { ETag: etag, 'Cache-Control': 'no-store', 'Content-Type': 'application/json' };
      this.#answer(200, headers, jsonOf(body));
    }
  }

  fail(error: unknown): void {
    const { gateway, authFailures, clock, logger } = this.#deps;
    gateway.failed.agent.add(asProblem(error));
    if (codeOf(error) === 'agent-unauthorized') authFailures.note(logger);
    const { status, headers, problem } = toErrorReply(withHubTime(error, clock));
    if (status === 500) logger.error({ err: error }, 'unexpected error in a check-in');
    const allow: Record<string, string> = status === 405 ? { Allow: 'GET' } : {};
    const type = { 'Content-Type': 'application/problem+json' };
    try {
      this.#answer(status, { ...headers, ...allow, ...type }, jsonOf(problem));
    } catch (err) {
      logger.error({ err }, 'cannot answer a check-in');
      this.exchange.abort();
    }
  }

  #answer(status: number, headers: Record<string, string>, body: Buffer): void {
    const { exchange, signer } = this;
    if (exchange.headersSent) return;
    if (signer)
      headers[ANSWER_PROOF] = proveAnswer(signer.key, signer.requestMac, {
        status,
        etag: headers.ETag,
        body,
      });
    exchange.answer(status, headers, body);
  }
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
