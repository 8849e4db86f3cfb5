import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type ProblemCode, problem } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';
import { withinTime } from './disk/within-time.js';
import { hasBody } from './docker/client-message.js';
import type { Logger } from './host.js';
import { answerError } from './http/error-reply.js';
import { OpenCalls } from './http/open-calls.js';
import { relativeUrl } from './http/relative-url.js';
import { stopIncomplete } from './lifecycle.js';
import type { CheckInExchange, CheckInHead } from './routes/agents/check-in-exchange.js';

/** The part of a Koa context that the plugin uses: hosts without Koa need none of its types. */
export interface KoaContext {
  readonly url: string;
  readonly originalUrl: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean | undefined;
}

/** The interface for a host dashboard. */
export interface Plugin {
  /**
   * Koa middleware: answers everything below the mount, with 404 while the plugin is stopped, because agents would take
   * a page of the host's for a false hub. Leaves the rest to `next`. Resolves when the answer has ended.
   */
  readonly routes: (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>;
  /** A request listener for `node:http` or `node:http2`; answers 404 outside the mount. */
  readonly callback: (
    req: IncomingMessage | Http2ServerRequest,
    res: ServerResponse | Http2ServerResponse,
  ) => void;
  /**
   * For a host that calls it before its own middleware, which check-ins do not need: answers an agent's check-in. False
   * if the request is none; it is then untouched. Without this call `routes` and `callback` answer them too, at a higher cost.
   */
  checkIn(req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse): boolean;
  /**
   * The same for a host that has read the request's head itself: `head.url` is the path with the mount. Only for a GET
   * without a body whose bytes Node's parser would read in the same way.
   */
  answerCheckIn(head: CheckInHead, exchange: CheckInExchange): boolean;
  /** For the server's `upgrade` event; false if the request is not the plugin's: the socket is then untouched. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /**
   * Opens the store, the tunnel port and the Docker port.
   * @throws Problem `store-…`, `tunnel-key-damaged`, `docker-ca-damaged`, and Node's listen errors of the tunnel port
   */
  start(): Promise<StartedPorts>;
  /**
   * Closes tunnels, timers, port and store, and ends running answers; nothing is left behind. Safe to call twice; the
   * plugin can be started again. Settles within 7 s. @throws Problem `stop-incomplete` if a disk hangs
   */
  stop(): Promise<void>;
  /** Codes of current problems for the operator: `store-unwritable`, `snapshot-unwritable`, `metrics-port-taken`,
   * `docker-port-taken`, `docker-access-foreign`. */
  problems(): readonly string[];
}

/** The ports in use; null: off. */
export interface StartedPorts {
  readonly tunnelPort: number | null;
  readonly dockerPort: number | null;
}

/** A started plugin, as `index.ts` wires it. URLs are below the mount. */
export interface Running extends StartedPorts {
  answer(req: IncomingMessage, res: ServerResponse, url: string): void;
  /** @returns false if the request is not a check-in; it is then untouched */
  checkIn(req: IncomingMessage, res: ServerResponse, url: string): boolean;
  /** @returns false if it is not a check-in; the exchange is then untouched */
  answerCheckIn(head: CheckInHead, exchange: CheckInExchange): boolean;
  /** @returns false if the request is not the plugin's; the socket is then untouched */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean;
  stop(): Promise<void>;
  problems(): readonly string[];
}

export interface MountOptions {
  /** Path as clients see it; empty for `/`. */
  readonly mount: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly run: () => Promise<Running>;
}

/** How long a stop waits for a running start, ms. After that the start stops itself when it completes. */
const START_MS = 1_000;

interface StartAttempt {
  isWanted: boolean;
  done: Promise<unknown>;
}

const stoppedMeanwhile = () => new Error('the plugin was stopped while it started');

type Incoming = IncomingMessage & { originalUrl?: string };

/** The plugin's outer layer: routes requests by mount, and manages start and stop. */
export function mountPlugin({ mount, clock, logger, run }: MountOptions): Plugin {
  let running: { readonly parts: Running; readonly calls: OpenCalls } | null = null;
  let starting: StartAttempt | null = null;
  let stopping: Promise<void> | null = null;
  let hasWarned = false;
  let hasWarnedOfHeaders = false;
  let hasWarnedOfListeners = false;

  const start = async (attempt: StartAttempt) => {
    await stopping?.catch(() => undefined);
    if (!attempt.isWanted) throw stoppedMeanwhile();
    const parts = await run();
    if (!attempt.isWanted) {
      await parts.stop();
      throw stoppedMeanwhile();
    }
    running = { parts, calls: new OpenCalls(clock) };
    const { tunnelPort, dockerPort } = parts;
    return { tunnelPort, dockerPort };
  };
  const stop = async () => {
    const attempt = starting;
    if (attempt) {
      // A running start would otherwise outlive the stop. Its error goes to its own caller.
      const done = attempt.done.catch(() => undefined);
      await withinTime(done, START_MS, clock, stopIncomplete).catch((error: unknown) => {
        attempt.isWanted = false;
        throw error;
      });
    }
    const ending = running;
    running = null;
    try {
      await ending?.parts.stop();
    } finally {
      const left = (await ending?.calls.end()) ?? 0;
      if (left > 0)
        logger.warn(
          { code: 'stop-incomplete' satisfies ProblemCode, left },
          'connections did not close in time',
        );
    }
  };
  const below = (req: Incoming) => relativeUrl(req.url ?? '', req.originalUrl, mount);
  /** Such bodies are answered with `host-consumed-body`; this reports it to the host's operator as well. */
  const warnOfReader = (req: IncomingMessage) => {
    if (hasWarned || !req.readableDidRead || !hasBody(req)) return;
    hasWarned = true;
    const code = 'host-consumed-body';
    logger.warn(
      { code },
      'something in the host reads request bodies before the plugin: mount the plugin first',
    );
  };
  /** A session middleware that sets its cookie after the answer would throw at each request. */
  const ignoreLateHeaders = (res: ServerResponse) => {
    res.setHeader = (name) => {
      // Not for an answer that was aborted before its head.
      if (res.headersSent && !hasWarnedOfHeaders) {
        hasWarnedOfHeaders = true;
        const text =
          'middleware in front of the plugin sets headers after its answers: mount the plugin first';
        logger.warn({ code: 'host-late-header' satisfies ProblemCode, header: name }, text);
      }
      return res;
    };
  };
  /** Libraries with their own listener end unknown upgrades, some only after a second. */
  const warnOfListeners = (req: IncomingMessage) => {
    const server: unknown = Reflect.get(req.socket, 'server');
    if (hasWarnedOfListeners || !(server instanceof EventEmitter)) return;
    const listeners = server.listenerCount('upgrade');
    if (listeners < 2) return;
    hasWarnedOfListeners = true;
    const text =
      'another upgrade listener may end tunnels by this address, docker exec and attach: call it where plugin.upgrade is false';
    logger.warn({ code: 'host-shared-upgrade' satisfies ProblemCode, listeners }, text);
  };
  const answer = (req: Incoming, res: ServerResponse, url: string | null) => {
    if (url === null || !running) {
      answerError(res, problem('not-found'));
      return;
    }
    warnOfReader(req);
    running.calls.open(req, res);
    // `url` is about to lose the mount; hosts that inspect URLs use this one.
    req.originalUrl ??= req.url ?? '';
    running.parts.answer(req, res, url);
  };

  return {
    routes: async (ctx, next) => {
      const url = relativeUrl(ctx.url, ctx.originalUrl, mount);
      if (url === null) return next();
      ctx.respond = false;
      if (ctx.res.destroyed) return;
      const ended = new Promise<void>((resolve) => ctx.res.once('close', resolve));
      ctx.res.once('close', () => ignoreLateHeaders(ctx.res));
      answer(ctx.req, ctx.res, url);
      // Middleware in front sees a finished answer.
      return ended;
    },
    // The HTTP/2 classes have all used members of these.
    callback: (req, res) => answer(req as Incoming, res as ServerResponse, below(req as Incoming)),
    checkIn: (req, res) => {
      const url = running && below(req as Incoming);
      if (url === null || !running?.parts.checkIn(req as Incoming, res as ServerResponse, url)) return false;
      running.calls.addAnswer(res as ServerResponse);
      return true;
    },
    answerCheckIn: (head, exchange) => {
      const url = running && relativeUrl(head.url, undefined, mount);
      return url !== null && running?.parts.answerCheckIn({ ...head, url }, exchange) === true;
    },
    upgrade: (req: Incoming, socket, head) => {
      const url = below(req);
      if (!running || url === null || !running.parts.upgrade(req, socket, head, url)) return false;
      warnOfListeners(req);
      // TLS servers would otherwise end the connection with the client's input: `echo x | docker exec -i`.
      socket.allowHalfOpen = true;
      running.calls.addSocket(socket);
      return true;
    },
    start: async () => {
      if (running || starting) throw new Error('the plugin runs already');
      const attempt: StartAttempt = { isWanted: true, done: Promise.resolve() };
      starting = attempt;
      try {
        const started = start(attempt);
        attempt.done = started;
        return await started;
      } finally {
        starting = null;
      }
    },
    problems: () => running?.parts.problems() ?? [],
    stop: () => {
      // The start either waits for the running stop, or this stop waits for it.
      if (stopping && starting) starting.isWanted = false;
      stopping ??= stop().finally(() => {
        stopping = null;
      });
      return stopping;
    },
  };
}
