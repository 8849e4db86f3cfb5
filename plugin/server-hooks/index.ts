import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import Koa, { type Middleware } from 'koa';
import { EdgeError } from '../../protocol/edge-error.js';
import { DockerProxy } from './docker/docker-proxy.js';
import { CheckIns } from './environments/check-in.js';
import { Enrolment } from './environments/enrol.js';
import { EnvironmentAdmin } from './environments/environment-admin.js';
import { IdleClose } from './environments/idle-close.js';
import { KeyExpiry } from './environments/key-expiry.js';
import { Presence } from './environments/presence.js';
import { SnapshotDesk } from './environments/snapshot-desk.js';
import { SnapshotFiles } from './environments/snapshot-files.js';
import { Strangers } from './environments/strangers.js';
import { TunnelAdmission } from './environments/tunnel-admission.js';
import { Waiting } from './environments/waiting.js';
import type { Host } from './host.js';
import { type PluginOptions, parseOptions, type ResolvedOptions } from './options.js';
import { agentRoutes } from './routes/agent.js';
import { callRoutes } from './routes/call-routes.js';
import { CALLS } from './routes/calls.js';
import { answerDockerCall, answerDockerUpgrade, parseDockerCall } from './routes/docker.js';
import { errorReplies, toErrorReply } from './routes/error-reply.js';
import { relativeUrl } from './routes/relative-url.js';
import type { Services } from './services.js';
import { openStore } from './store/open-store.js';
import { CredentialDesk } from './tunnel/credential-desk.js';
import { TunnelCalls } from './tunnel/tunnel-calls.js';
import { loadTunnelIdentity } from './tunnel/tunnel-identity.js';
import { TunnelListener } from './tunnel/tunnel-listener.js';
import { TunnelRegistry } from './tunnel/tunnel-registry.js';

export type { Action, Host, Logger, Principal } from './host.js';
export type { PluginOptions } from './options.js';

/** What a host dashboard mounts. */
export interface Plugin {
  /** Koa middleware: answers everything below the mount, leaves the rest to `next`. */
  readonly routes: Middleware;
  /** The same as a `node:http` request listener; answers 404 beside the mount. */
  readonly callback: (req: IncomingMessage, res: ServerResponse) => void;
  /** For the server's `upgrade` event; false: not the plugin's, the socket is untouched. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Opens the store and the tunnel port. @throws EdgeError `store-…`, `tunnel-key-damaged`, and Node's errors of listening */
  start(): Promise<{ tunnelPort: number }>;
  /** Closes tunnels, timers, port and store; safe to call twice. */
  stop(): Promise<void>;
}

interface Running {
  readonly services: Services;
  readonly answer: (req: IncomingMessage, res: ServerResponse) => void;
  stop(): Promise<void>;
}

/**
 * Makes the plugin; nothing runs before `start()`.
 * @throws TypeError that names a wrong option
 */
export function createPlugin(options: PluginOptions, host: Host): Plugin {
  const resolved = parseOptions(options);
  let running: Running | null = null;
  let starting: Promise<{ tunnelPort: number }> | null = null;

  const start = async () => {
    const { tunnelPort, ...started } = await run(resolved, host);
    running = started;
    return { tunnelPort };
  };
  const below = (req: IncomingMessage & { originalUrl?: string }) =>
    relativeUrl(req.url ?? '', req.originalUrl, resolved.mount);
  const answer = (req: IncomingMessage, res: ServerResponse, url: string | null) => {
    if (url === null || !running) {
      refuse(res, new EdgeError('not-found', 'There is nothing at this address', { status: 404 }));
      return;
    }
    const call = parseDockerCall(url);
    if (call) void answerDockerCall(running.services, call, req, res);
    else {
      req.url = url;
      running.answer(req, res);
    }
  };

  return {
    routes: async (ctx, next) => {
      const url = relativeUrl(ctx.url, ctx.originalUrl, resolved.mount);
      if (url === null || !running) return next();
      ctx.respond = false;
      answer(ctx.req, ctx.res, url);
    },
    callback: (req, res) => answer(req, res, below(req)),
    upgrade: (req, socket, head) => {
      const url = below(req);
      const call = url === null ? null : parseDockerCall(url);
      if (!running || !call) return false;
      void answerDockerUpgrade(running.services, call, req, socket, head);
      return true;
    },
    start: async () => {
      if (running || starting) throw new Error('the plugin runs already');
      starting = start();
      try {
        return await starting;
      } finally {
        starting = null;
      }
    },
    stop: async () => {
      // A start under way would otherwise outlive the stop. What it failed with is told to its caller.
      await starting?.catch(() => undefined);
      const stopping = running;
      running = null;
      await stopping?.stop();
    },
  };
}

/** All wiring, in order of start; stopped in reverse. */
async function run(options: ResolvedOptions, host: Host): Promise<Running & { tunnelPort: number }> {
  const { clock, randomBytes } = options;
  const logger = host.logger.child({ plugin: 'fairlead' });
  const started: { stop(): void | Promise<void> }[] = [];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    const store = openStore(options.dataDir, logger);
    await store.start();
    started.push(store);
    const snapshots = new SnapshotFiles({ dir: join(options.dataDir, 'snapshots'), logger });
    await snapshots.start();
    started.push(snapshots);
    const identity = await loadTunnelIdentity(options.dataDir, clock);
    const presence = new Presence(clock);
    const credentials = new CredentialDesk({ clock, randomBytes });
    const registry = new TunnelRegistry({
      clock,
      inactivityMs: () => store.settings().inactivitySeconds * 1_000,
    });
    registry.start();
    started.push(registry);
    const checkIns = new CheckIns({ store, presence, registry, credentials, clock, bootId: randomUUID() });
    checkIns.start();
    started.push(checkIns);

    const admission = new TunnelAdmission({ store, registry, credentials, presence, logger });
    const listener = new TunnelListener({
      key: identity.key,
      certificate: identity.certificate,
      port: options.tunnelPort,
      bind: options.bind,
      clock,
      logger,
      admit: (proof) => admission.admit(proof),
      register: (tunnel) => admission.register(tunnel),
      newId: () => randomBytes(12).toString('base64url'),
    });
    const tunnelPort = await listener.start();
    started.push(listener);

    const snapshotDesk = new SnapshotDesk({ clock, presence, checkIns, snapshots });
    const waiting = new Waiting({ store, presence, clock });
    const tunnels = new TunnelCalls({ registry, clock, waitMs: (id) => waiting.waitMs(id) });
    const admin = new EnvironmentAdmin({
      store,
      registry,
      credentials,
      checkIns,
      presence,
      snapshots,
      clock,
      randomBytes,
      newUuid: randomUUID,
      fingerprint: identity.fingerprint,
      tunnelPort,
    });
    const keyExpiry = new KeyExpiry({ admin, clock, logger });
    keyExpiry.start();
    started.push(keyExpiry);
    const services: Services = {
      options,
      host,
      logger,
      clock,
      store,
      presence,
      strangers: new Strangers(clock),
      registry,
      credentials,
      checkIns,
      enrolment: new Enrolment({ store, presence, registry, clock, randomBytes }),
      admin,
      snapshots,
      snapshotDesk,
      idleClose: new IdleClose({ store, registry, credentials, snapshotDesk }),
      waiting,
      docker: new DockerProxy({ tunnels, logger }),
    };
    return { services, answer: application(services).callback(), stop, tunnelPort };
  } catch (error) {
    await stop();
    throw error;
  }
}

function application(services: Services): Koa {
  const app = new Koa();
  app.on('error', (err) => services.logger.debug({ err }, 'an answer could not be sent'));
  app.use(errorReplies(services.logger));
  for (const router of [agentRoutes(services), callRoutes(services, CALLS)]) {
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  return app;
}

function refuse(res: ServerResponse, error: EdgeError): void {
  const { status, headers, problem } = toErrorReply(error);
  res.writeHead(status, { ...headers, 'content-type': 'application/problem+json' });
  res.end(JSON.stringify(problem));
}
