import type { IncomingMessage, ServerResponse } from 'node:http';
import { Http2ServerRequest } from 'node:http2';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { TCP_KEEP_ALIVE_MS } from '../../../../protocol/network/tcp-keep-alive.js';
import { codeOf, type Problem, problem } from '../../../../protocol/problems.js';
import { type Clock, systemClock } from '../../../../protocol/time/clock.js';
import { joinStreams } from '../../../../protocol/tunnel/join-streams.js';
import type { Logger } from '../../host.js';
import { onAbort } from '../../model/on-abort.js';
import type { TunnelCall, TunnelSource } from '../../tunnel/source.js';
import {
  type ClientRequest,
  type ClientResponse,
  discardBody,
  endUpload,
  hasBody,
  isOpen,
  outliveUpload,
  resetResponse,
} from '../client-message.js';
import { dockerErrorBody } from '../error.js';
import { type DockerPath, isSwarmCall } from '../path.js';
import type { EngineAnswer, EngineRequest } from '../request-engine.js';
import { credentialsEnded, type EngineAccess, requestEnvironment, tunnelClosed } from '../with-tunnel.js';
import { admitCall, type DockerTarget } from './admit-call.js';
import { isBulkCall } from './is-bulk-call.js';
import { probeHalfClosed } from './probe-half-closed.js';
import { takeInput } from './read-client-input.js';
import { engineHeaders } from './request-headers.js';
import { sendAnswer } from './send-answer.js';
import { askedProtocol, plainResponse, switchingHead, upgradeHeaders } from './switch-protocols.js';
import { UpgradeBody } from './upgrade-body.js';

const MAX_SMALL_BODY_BYTES = 64 * 1024;

export interface DockerProxyOptions {
  readonly tunnels: TunnelSource;
  readonly logger: Logger;
  /** Called with the error of each call that fails. */
  readonly onFailure?: (error: unknown) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Proxies the Docker API of a remote engine: requests, streams and upgrades, unbuffered in both directions. The caller
 * authenticates; this class decides what passes (`docs/errors.md` has the codes). There is no time limit: a call
 * ends when either end does, or its tunnel.
 *
 * The engine decides whether a call upgrades; if not, the answer is an ordinary one.
 */
export class DockerProxy {
  readonly #access: EngineAccess;
  readonly #logger: Logger;
  readonly #onFailure: (error: unknown) => void;

  constructor(options: DockerProxyOptions) {
    this.#access = { tunnels: options.tunnels, clock: options.clock ?? systemClock };
    this.#logger = options.logger;
    this.#onFailure = options.onFailure ?? (() => undefined);
  }

  /** Serves a request. Never rejects: errors are answered, or the answer is reset once it has started. */
  async request(req: ClientRequest, res: ClientResponse, target: DockerTarget): Promise<void> {
    prepareRequest(req);
    res.on('error', () => undefined);
    const disconnect = new AbortController();
    let isServed = false;
    // A served answer closes as well. If it closes earlier, the client has disconnected.
    res.once('close', () => {
      if (!isServed) disconnect.abort(problem('client-gone'));
    });
    if (!isOpen(res)) disconnect.abort(problem('client-gone'));
    const stopListening = onAbort(target.ended, () => disconnect.abort(credentialsEnded()));
    try {
      const path = admitCall(req, target);
      if (hasBody(req) && req.readableDidRead) throw problem('host-consumed-body');
      const engineRequest = {
        method: req.method ?? 'GET',
        path: path.raw,
        headers: engineHeaders(req),
        body: hasBody(req) ? req : null,
      };
      // An unrequested upgrade is an invalid status like any other.
      await this.#requestEngine(target, path, engineRequest, disconnect, async ({ response, input }) => {
        const isPipe = input !== undefined && req.httpVersion === '1.1';
        if (isPipe) takeInput(req as IncomingMessage, input, this.#access.clock);
        outliveUpload(req, res);
        await sendAnswer(response, res, isPipe);
      });
    } catch (error) {
      outliveUpload(req, res);
      this.#answerError(error, res, target);
    } finally {
      isServed = true;
      stopListening();
      discardBody(req);
      endUpload(req, res);
    }
  }

  /**
   * Serves a request to upgrade its connection, legitimate (`attach`, `exec/start`) or not. Never rejects. Piped stdin
   * ends long before its output, so `socket.allowHalfOpen` must be true from the server's `upgrade` event on; it is
   * also set here, but after asynchronous authentication that may be too late.
   */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, target: DockerTarget): Promise<void> {
    prepareSocket(socket);
    socket.on('error', () => undefined);
    socket.allowHalfOpen = true;
    probeHalfClosed(socket, this.#access.clock);
    const disconnect = new AbortController();
    socket.once('close', () => disconnect.abort(problem('client-gone')));
    if (socket.destroyed) disconnect.abort(problem('client-gone'));
    const stopListening = onAbort(target.ended, () => disconnect.abort(credentialsEnded()));
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
        body.on('error', (error) => disconnect.abort(error));
      } else if (head.length > 0) socket.unshift(head);
      const engineRequest = {
        method: req.method ?? 'POST',
        path: path.raw,
        headers: { ...engineHeaders(req), ...upgradeHeaders(req, protocol) },
        body: body && isSmall(req) ? await wholeBody(body, disconnect.signal) : body,
      };
      await this.#requestEngine(target, path, engineRequest, disconnect, async (answer, call) => {
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
          this.#logger.debug({ ...about(target), code: codeOf(failure) }, 'stream aborted');
      });
    } catch (error) {
      if (socket.destroyed) this.#onFailure(error);
      else this.#answerError(error, plain(), target);
    } finally {
      stopListening();
      body?.destroy();
      // After an ordinary answer further input is discarded.
      if (res) socket.resume();
    }
  }

  #requestEngine(
    target: DockerTarget,
    path: DockerPath,
    engineRequest: EngineRequest,
    stop: AbortController,
    serve: (answer: EngineAnswer, call: TunnelCall) => Promise<void>,
  ): Promise<void> {
    const requireManager = async (call: TunnelCall) => {
      if (!(await call.servesSwarm(stop.signal))) throw noManager();
    };
    const check = isSwarmCall(path) ? requireManager : undefined;
    const request = { ...engineRequest, mayMoveMuch: isBulkCall(engineRequest.method, path) };
    return requestEnvironment(this.#access, target, request, stop, serve, check);
  }

  #answerError(error: unknown, res: ClientResponse, target: DockerTarget): void {
    this.#onFailure(error);
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

/**
 * Whether a body goes to the engine in one piece with its head. For an `attach`, an engine drops a body that it read with the
 * head, and takes a later one for stdin; dockerode sends such a body.
 */
function isSmall({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length']) <= MAX_SMALL_BODY_BYTES;
}

async function wholeBody(body: UpgradeBody, signal: AbortSignal): Promise<Buffer> {
  const stopListening = onAbort(signal, () => void body.destroy(signal.reason));
  try {
    return await buffer(body);
  } finally {
    stopListening();
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
  // Only TCP detects a dead client: a half-closed one legitimately sends nothing. See `probe-half-closed.ts`.
  socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
}

function about(target: DockerTarget): object {
  return { environment: target.environmentId };
}

function noManager(): Problem {
  return problem('swarm-manager-unavailable', { retryAfterSeconds: 10 });
}
