import type { IncomingMessage, ServerResponse } from 'node:http';
import { Http2ServerRequest } from 'node:http2';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../../protocol/clock.js';
import { codeOf, EdgeError } from '../../../protocol/edge-error.js';
import { TCP_KEEP_ALIVE_MS } from '../../../protocol/tcp-keep-alive.js';
import { joinStreams } from '../../../protocol/tunnel/join-streams.js';
import type { Logger } from '../host.js';
import { onAbort } from '../model/on-abort.js';
import type { TunnelCall, TunnelSource } from '../tunnel/tunnel-source.js';
import { admitCall, type DockerTarget } from './admit-call.js';
import {
  type ClientRequest,
  type ClientResponse,
  discardBody,
  endUpload,
  hasBody,
  isOpen,
  outliveUpload,
  resetResponse,
} from './client-message.js';
import { dockerErrorBody } from './docker-error.js';
import { type DockerPath, isSwarmCall } from './docker-path.js';
import { probeHalfClosed } from './probe-half-closed.js';
import type { EngineAnswer, EngineRequest } from './request-engine.js';
import { type EngineAccess, requestEnvironment } from './request-environment.js';
import { engineHeaders } from './request-headers.js';
import { sendAnswer } from './send-answer.js';
import { askedProtocol, plainResponse, switchingHead, upgradeHeaders } from './switch-protocols.js';
import { takeInput } from './take-input.js';
import { UpgradeBody } from './upgrade-body.js';
import { clientGone, credentialsEnded, tunnelClosed } from './with-tunnel.js';

export interface DockerProxyOptions {
  readonly tunnels: TunnelSource;
  readonly logger: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Carries the Docker API of a remote engine: requests, streams and upgrades, unbuffered in both directions.
 * The caller authenticates; what passes and what does not is decided here (`docs/errors.md` has the codes).
 * There is no time limit: a call ends when one of its ends does, or its tunnel.
 *
 * Whether a call upgrades is the engine's to say: where it does not, the answer is an ordinary one.
 */
export class DockerProxy {
  readonly #access: EngineAccess;
  readonly #logger: Logger;

  constructor(options: DockerProxyOptions) {
    this.#access = { tunnels: options.tunnels, clock: options.clock ?? systemClock };
    this.#logger = options.logger;
  }

  /** Serves a request. Never rejects: errors are answered, or the answer is reset once it has begun. */
  async request(req: ClientRequest, res: ClientResponse, target: DockerTarget): Promise<void> {
    prepareRequest(req);
    res.on('error', () => undefined);
    const gone = new AbortController();
    res.once('close', () => gone.abort(clientGone()));
    if (!isOpen(res)) gone.abort(clientGone());
    const stopListening = onAbort(target.ended, () => gone.abort(credentialsEnded()));
    try {
      const path = admitCall(req, target);
      if (hasBody(req) && req.readableDidRead) throw hostConsumedBody();
      const question = {
        method: req.method ?? 'GET',
        path: path.raw,
        headers: engineHeaders(req),
        body: hasBody(req) ? req : null,
      };
      // An upgrade nobody asked for is an impossible status like any other.
      await this.#ask(target, path, question, gone.signal, async ({ response, input }) => {
        const isPipe = input !== undefined && req.httpVersion === '1.1';
        if (isPipe) takeInput(req as IncomingMessage, input, this.#access.clock);
        outliveUpload(req, res);
        await sendAnswer(response, res, isPipe);
      });
    } catch (error) {
      outliveUpload(req, res);
      this.#answerError(error, res, target);
    } finally {
      stopListening();
      discardBody(req);
      endUpload(req, res);
    }
  }

  /**
   * Serves a request that wants to upgrade its connection, with reason (`attach`, `exec/start`) or without. Never rejects.
   * Piped stdin ends long before its output does, so `socket.allowHalfOpen` must be true from the server's
   * `upgrade` event on; it is set here too, but whoever authenticates in between may be too late for it.
   */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, target: DockerTarget): Promise<void> {
    prepareSocket(socket);
    socket.on('error', () => undefined);
    socket.allowHalfOpen = true;
    probeHalfClosed(socket, this.#access.clock);
    const gone = new AbortController();
    socket.once('close', () => gone.abort(clientGone()));
    if (socket.destroyed) gone.abort(clientGone());
    const stopListening = onAbort(target.ended, () => gone.abort(credentialsEnded()));
    let res: ServerResponse | undefined;
    let body: UpgradeBody | null = null;
    const plain = () => {
      res ??= plainResponse(req, socket, this.#access.clock);
      return res;
    };
    try {
      const path = admitCall(req, target);
      const protocol = askedProtocol(req, path);
      if (hasBody(req)) {
        body = new UpgradeBody(req, socket, head);
        body.on('error', (error) => gone.abort(error));
      } else if (head.length > 0) socket.unshift(head);
      const question = {
        method: req.method ?? 'POST',
        path: path.raw,
        headers: { ...engineHeaders(req), ...upgradeHeaders(req, protocol) },
        body,
      };
      await this.#ask(target, path, question, gone.signal, async (answer, call) => {
        if (answer.socket === undefined) {
          await sendAnswer(answer.response, plain());
          return;
        }
        const engine = answer.socket;
        const head = switchingHead(answer.response, protocol);
        if (call.closed.aborted) throw tunnelClosed(call);
        const stops = [
          onAbort(call.closed, () => engine.destroy(tunnelClosed(call))),
          onAbort(target.ended, () => engine.destroy(credentialsEnded())),
        ];
        socket.write(head);
        const failure = await joinStreams(socket, engine);
        for (const stop of stops) stop();
        if (failure !== undefined)
          this.#logger.debug({ ...about(target), code: codeOf(failure) }, 'stream broke off');
      });
    } catch (error) {
      if (!socket.destroyed) this.#answerError(error, plain(), target);
    } finally {
      stopListening();
      body?.destroy();
      // Behind an ordinary answer nothing is wanted any more.
      if (res) socket.resume();
    }
  }

  #ask(
    target: DockerTarget,
    path: DockerPath,
    question: EngineRequest,
    gone: AbortSignal,
    serve: (answer: EngineAnswer, call: TunnelCall) => Promise<void>,
  ): Promise<void> {
    return requestEnvironment(this.#access, target, question, gone, serve, async (call, stop) => {
      if (isSwarmCall(path) && !(await call.servesSwarm(stop))) throw noManager();
    });
  }

  #answerError(error: unknown, res: ClientResponse, target: DockerTarget): void {
    const { status, headers, body } = dockerErrorBody(error);
    const code = codeOf(error);
    if (status === 500) this.#logger.error({ ...about(target), code, err: error }, 'docker call failed');
    else this.#logger.debug({ ...about(target), code, status }, 'docker call refused');
    if (res.headersSent) resetResponse(res);
    else if (isOpen(res)) {
      res.writeHead(status, headers);
      res.end(body);
    }
  }
}

function prepareRequest(req: ClientRequest): void {
  req.on('error', () => undefined);
  // An HTTP/2 connection is shared and its socket out of reach; Node has set its options.
  if (req instanceof Http2ServerRequest) req.setTimeout(0);
  else prepareSocket(req.socket);
}

function prepareSocket(socket: Duplex): void {
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  // A dead client is noticed by TCP alone: a half-closed one sends nothing by right. See `probe-half-closed.ts`.
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
}

function about(target: DockerTarget): object {
  return { environment: target.environmentId };
}

function noManager(): EdgeError {
  return new EdgeError(
    'swarm-manager-unavailable',
    'No agent on a manager of this Swarm is in reach: calls to single nodes work, calls to the Swarm do not',
    { status: 503, retryAfterSeconds: 10 },
  );
}

function hostConsumedBody(): EdgeError {
  return new EdgeError('host-consumed-body', 'The host dashboard read the body before the plugin could', {
    status: 500,
  });
}
