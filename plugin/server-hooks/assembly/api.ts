import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa from 'koa';
import { hasBody } from '../docker/client-message.js';
import { Tickets } from '../docker/console/tickets.js';
import { AllNodeLists } from '../docker/lists/all-node-lists.js';
import { DockerProxy } from '../docker/proxy/proxy.js';
import { DockerAccessAdmin } from '../docker-access/admin.js';
import { EnvironmentAdmin } from '../environments/admin.js';
import { KeyExpiry } from '../environments/key-expiry.js';
import { EnvironmentWatch } from '../events/environment-watch.js';
import { EventLog } from '../events/event-log.js';
import { EventStreams } from '../events/event-streams.js';
import type { Host, Logger } from '../host.js';
import { cutLeftover, cutLeftovers } from '../http/cut-leftovers.js';
import { errorReplies } from '../http/error-reply.js';
import { Gateway } from '../http/gateway.js';
import { requireHost } from '../http/guards/require-host.js';
import { hubTime } from '../http/hub-time.js';
import { type CallReaders, operationRoutes } from '../http/operation-routes.js';
import type { Lifecycle } from '../lifecycle.js';
import { AuthFailureLog } from '../live/auth-failure-log.js';
import type { ResolvedOptions } from '../options.js';
import type { Running } from '../plugin.js';
import { SelfTest } from '../reachability/self-test.js';
import { type AgentDeps, agentRoutes } from '../routes/agents/calls.js';
import { type CheckInDeps, CheckInRoute } from '../routes/agents/check-in.js';
import { HttpExchange } from '../routes/agents/http-exchange.js';
import { TunnelRoute, type TunnelRouteDeps } from '../routes/agents/tunnel.js';
import { type ConsoleDeps, ConsoleRoute } from '../routes/console.js';
import { answerDockerCall, answerDockerUpgrade, type DockerDeps, parseDockerCall } from '../routes/docker.js';
import { type MetricsDeps, metricsRoutes } from '../routes/metrics/operation.js';
import { MissedUpgrades } from '../routes/missed-upgrades.js';
import { OPERATIONS, type OperationDeps } from '../routes/operations.js';
import { EnvironmentDirectory } from '../views/list/directory.js';
import { newSecret, WebhookAdmin } from '../webhooks/admin.js';
import { CallLog } from '../webhooks/call-log.js';
import { WebhookInbox } from '../webhooks/inbox.js';
import { SealedAnswers } from '../webhooks/sealed-answers.js';
import { type DockerAccessParts, makeDockerPort } from './docker-access.js';
import type { Live } from './live.js';
import { startMetrics } from './metrics.js';
import type { Storage } from './storage.js';
import type { Tunnels } from './tunnels.js';

/** What answers requests: URLs are below the mount. */
export interface Api
  extends Pick<Running, 'answer' | 'checkIn' | 'answerCheckIn' | 'upgrade' | 'problems' | 'dockerPort'> {
  /** An audit attaches here. */
  readonly gateway: Gateway;
}

export interface ApiParts extends Storage, DockerAccessParts, Live, Tunnels {
  readonly options: ResolvedOptions;
  readonly host: Host;
  readonly logger: Logger;
}

export async function startApi(parts: ApiParts, lifecycle: Lifecycle): Promise<Api> {
  const { options, host, logger, store, snapshots, live, tunnels, json, fingerprint } = parts;
  const { clock, randomBytes } = options;
  const admin = new EnvironmentAdmin({
    store,
    live,
    snapshots,
    clock,
    randomBytes,
    newUuid: randomUUID,
    fingerprint,
  });
  await lifecycle.use(new KeyExpiry({ admin, store, clock, logger }));
  const callLog = new CallLog(clock);
  const answers = await lifecycle.use(new SealedAnswers({ clock, randomBytes }));
  const directory = await lifecycle.use(new EnvironmentDirectory(store));
  const log = new EventLog({ bootId: randomBytes(6).toString('base64url') });
  await lifecycle.use(new EnvironmentWatch({ store, live, snapshots, log, clock }));
  const lastCheckInAtMs = (id: number) => live.of(id).presence.lastCheckInAtMs();
  const eventStreams = await lifecycle.use(new EventStreams({ log, clock, lastCheckInAtMs }));
  const gateway = new Gateway({ host, clock, logger });
  const { metrics, problems } = await startMetrics({ ...parts, gateway }, lifecycle);
  const dockerPort = makeDockerPort(parts, () => deps);
  const deps: ApiDeps = {
    ...parts,
    gateway,
    metrics,
    clock,
    admin,
    callLog,
    directory,
    eventStreams,
    authFailures: new AuthFailureLog(clock, 'agent-unauthorized'),
    dockerAccess: dockerPort?.service ?? null,
    accessAdmin: new DockerAccessAdmin({
      store,
      authority: parts.dockerAuthority,
      clock,
      randomBytes,
      logger,
    }),
    docker: new DockerProxy({ tunnels, logger, onFailure: (error) => gateway.failed.docker.add(error) }),
    onConsoleFailure: (error) => gateway.failed.console.add(error),
    lists: new AllNodeLists({ tunnels, logger, clock, json }),
    tickets: new Tickets({ clock, randomBytes }),
    webhookAdmin: new WebhookAdmin({ store, callLog, clock, randomBytes }),
    webhookInbox: new WebhookInbox({
      store,
      admin,
      answers,
      callLog,
      authFailures: new AuthFailureLog(clock, 'webhook-unauthorized'),
      clock,
      logger,
      decoy: newSecret(randomBytes),
    }),
    selfTest: new SelfTest({
      clock,
      randomBytes,
      fingerprint,
      get ownAuthority() {
        return host.caCertificate;
      },
    }),
  };
  if (dockerPort) await lifecycle.use(dockerPort.port);
  return {
    ...entryPoints(deps),
    dockerPort: dockerPort?.port.port ?? null,
    problems: () => [
      ...problems(),
      ...(dockerPort?.port.isFailing ? ['docker-port-taken'] : []),
      ...parts.accessReview.problems(),
    ],
  };
}

/** What the routes need, each a part of it. */
type ApiDeps = AgentDeps &
  CheckInDeps &
  ConsoleDeps &
  DockerDeps &
  MetricsDeps &
  OperationDeps &
  TunnelRouteDeps &
  CallReaders;

/** Check-ins and Docker calls bypass Koa, on the raw request: the former are many, the latter stream bytes both ways. */
function entryPoints(deps: ApiDeps): Omit<Api, 'problems' | 'dockerPort'> {
  const listener = application(deps).callback();
  const checkIns = new CheckInRoute(deps);
  const consoles = new ConsoleRoute(deps);
  const webSocketTunnels = new TunnelRoute(deps);
  const missedUpgrades = new MissedUpgrades(deps.logger);
  const checkIn = (req: IncomingMessage, res: ServerResponse, url: string) => {
    if (!checkIns.serves(url)) return false;
    if (hasBody(req)) cutLeftover(req, res, deps.clock);
    const { method, headers } = req;
    const { authorization, 'if-none-match': ifNoneMatch, prefer } = headers;
    const head = {
      method,
      url,
      authorization,
      ifNoneMatch,
      prefer: prefer === undefined ? prefer : `${prefer}`,
    };
    checkIns.answer(head, new HttpExchange(req, res));
    return true;
  };
  return {
    gateway: deps.gateway,
    checkIn,
    answerCheckIn: (head, exchange) => {
      const isServed = checkIns.serves(head.url);
      if (isServed) checkIns.answer(head, exchange);
      return isServed;
    },
    answer: (req, res, url) => {
      if (checkIn(req, res, url)) return;
      const call = parseDockerCall(url);
      if (missedUpgrades.refuse(req, res, call, webSocketTunnels.serves(url) || consoles.serves(url))) return;
      if (call) {
        void answerDockerCall(deps, call, req, res);
        return;
      }
      req.url = url;
      listener(req, res);
    },
    upgrade: (req, socket, head, url) => {
      const call = parseDockerCall(url);
      if (call) void answerDockerUpgrade(deps, call, req, socket, head);
      return (
        call !== null ||
        webSocketTunnels.upgrade(req, socket, head, url) ||
        consoles.upgrade(req, socket, head, url)
      );
    },
  };
}

function application(deps: ApiDeps): Koa {
  const app = new Koa();
  app.on('error', (err) => deps.logger.debug({ err }, 'cannot send an answer'));
  app.use(cutLeftovers(deps.clock));
  app.use(hubTime(deps.clock));
  app.use(errorReplies(deps.logger));
  app.use((ctx, next) => {
    requireHost(ctx.req);
    return next();
  });
  for (const router of [agentRoutes(deps), metricsRoutes(deps), operationRoutes(OPERATIONS, deps)]) {
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  return app;
}
