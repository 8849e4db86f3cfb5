import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Koa from 'koa';
import { AuthFailureLog } from './agents/auth-failure-log.js';
import { maxHoldSeconds } from './agents/check-in-state.js';
import { CheckIns } from './agents/check-ins.js';
import { Enrolment } from './agents/enrolment.js';
import { TunnelAdmission } from './agents/tunnel-admission.js';
import { openFileLimit } from './disk/open-file-limit.js';
import { Tickets } from './docker/console/tickets.js';
import { AllNodeLists } from './docker/lists/all-node-lists.js';
import { DockerProxy } from './docker/proxy/proxy.js';
import { EnvironmentAdmin } from './environments/admin.js';
import { KeyExpiry } from './environments/key-expiry.js';
import { EnvironmentWatch } from './events/environment-watch.js';
import { EventLog } from './events/event-log.js';
import { EventStreams } from './events/event-streams.js';
import type { Host, Logger } from './host.js';
import { cutLeftovers } from './http/cut-leftovers.js';
import { errorReplies } from './http/error-reply.js';
import { requireHost } from './http/guards/require-host.js';
import { hubTime } from './http/hub-time.js';
import { MissedUpgrades } from './http/missed-upgrades.js';
import { callRoutes } from './http/operation-routes.js';
import { JsonWorker } from './json/json-worker.js';
import { Availability } from './live/availability.js';
import { cleanUpInstances } from './live/instance-cleanup.js';
import { leaderCandidates } from './live/leader-candidates.js';
import { MachineClaims } from './live/machine-claims.js';
import { isConfirmable } from './live/manager-claims.js';
import { Presence } from './live/presence.js';
import { StaleNodeReaper } from './live/stale-node-reaper.js';
import { servesSwarm } from './model/environment.js';
import { type PluginOptions, parseOptions, type ResolvedOptions } from './options.js';
import { mountPlugin, type Plugin, type Running } from './plugin.js';
import { SelfTest } from './reachability/self-test.js';
import { agentRoutes } from './routes/agent.js';
import { ConsoleRoute } from './routes/console.js';
import { answerDockerCall, answerDockerUpgrade, parseDockerCall } from './routes/docker.js';
import { CALLS } from './routes/operations.js';
import type { Services } from './services.js';
import { SnapshotFiles } from './snapshots/files.js';
import { IdleClose } from './snapshots/idle-close.js';
import { SnapshotRequests } from './snapshots/requests.js';
import { spawnJsonWorker } from './spawn-json-worker.js';
import { type StoppablePart, stopParts } from './stop-parts.js';
import { LowdbStore } from './store/lowdb/lowdb-store.js';
import { LeaderElection } from './swarm/leader-election.js';
import { SwarmRoster } from './swarm/roster.js';
import { TunnelCalls } from './tunnel/calls.js';
import { TunnelCredentials } from './tunnel/credentials.js';
import { loadTunnelIdentity } from './tunnel/identity.js';
import { TunnelListener } from './tunnel/listener.js';
import { TunnelRegistry } from './tunnel/registry.js';
import { EnvironmentDirectory } from './views/list/directory.js';
import { newSecret, WebhookAdmin } from './webhooks/admin.js';
import { CallLog } from './webhooks/call-log.js';
import { WebhookInbox } from './webhooks/inbox.js';
import { SealedAnswers } from './webhooks/sealed-answers.js';

export type { Action, Host, Logger, Principal } from './host.js';
export type { PluginOptions } from './options.js';
export type { KoaContext, Plugin } from './plugin.js';

/**
 * Creates the plugin; nothing runs before `start()`.
 * @throws TypeError that names the invalid option
 */
export function createPlugin(options: PluginOptions, host: Host): Plugin {
  const resolved = parseOptions(options);
  const logger = host.logger.child({ plugin: 'fairlead' });
  const { mount, clock } = resolved;
  return mountPlugin({ mount, clock, logger, run: () => run(resolved, host, logger) });
}

/** Wires all parts in order of start; they stop in reverse. */
async function run(options: ResolvedOptions, host: Host, logger: Logger): Promise<Running> {
  const { clock, randomBytes } = options;
  const started: StoppablePart[] = [];
  const stop = () => stopParts(started.splice(0).reverse(), clock);
  try {
    const store = new LowdbStore({ path: join(options.dataDir, 'fairlead.json'), logger });
    await store.start();
    started.push(store);
    const snapshots = new SnapshotFiles({
      dir: join(options.dataDir, 'snapshots'),
      logger,
      instancesOf: (id) => store.environment(id)?.instances ?? [],
    });
    await snapshots.start();
    started.push(snapshots);
    const json = new JsonWorker({ spawn: spawnJsonWorker, clock, logger });
    started.push(json);
    const identity = await loadTunnelIdentity(options.dataDir, clock);
    const presence = new Presence(clock);
    const credentials = new TunnelCredentials({ clock, randomBytes });
    const bootId = randomUUID();
    const registry = new TunnelRegistry({
      clock,
      bootId,
      inactivityMs: () => store.settings().inactivitySeconds * 1_000,
    });
    registry.start();
    started.push(registry);
    const roster: SwarmRoster = new SwarmRoster({ store, onChange: (id) => election.evaluate(id), clock });
    const election: LeaderElection = new LeaderElection({
      registry,
      candidates: (id) => {
        const environment = store.environment(id);
        return environment ? leaderCandidates(environment, presence, roster) : [];
      },
      clock,
      logger,
    });
    election.start();
    started.push(election);
    const checkIns = new CheckIns({ store, presence, registry, credentials, election, clock, bootId });
    checkIns.start();
    started.push(checkIns);
    const machines = new MachineClaims({
      presence,
      registry,
      clock,
      randomBytes,
      isHolding: () => maxHoldSeconds(store) > 0,
      endHold: (id, instanceId) => checkIns.endHold(id, instanceId),
    });
    started.push({
      stop: cleanUpInstances({ store, presence, registry, roster, election, checkIns, machines }),
    });
    const staleNodes = new StaleNodeReaper({ store, presence, registry, roster, clock, logger });
    staleNodes.start();
    started.push(staleNodes);

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
      openFiles: openFileLimit(),
    });
    const tunnelPort = await listener.start();
    started.push(listener);

    const snapshotRequests = new SnapshotRequests({ clock, store, presence, checkIns, snapshots });
    const availability = new Availability({ store, presence, clock });
    const tunnels = new TunnelCalls({
      registry,
      clock,
      waitMs: (target) => availability.waitMs(target),
      servesSwarm: (id, instanceId) => servesSwarm(store.environment(id), instanceId),
      isConfirmable: (id, instanceId) => isConfirmable(store.environment(id), instanceId, presence),
    });
    const admin = new EnvironmentAdmin({
      store,
      registry,
      credentials,
      checkIns,
      presence,
      machines,
      snapshots,
      snapshotRequests,
      clock,
      randomBytes,
      newUuid: randomUUID,
      fingerprint: identity.fingerprint,
    });
    const keyExpiry = new KeyExpiry({ admin, store, clock, logger });
    keyExpiry.start();
    started.push(keyExpiry);
    const callLog = new CallLog(clock);
    const webhookAdmin = new WebhookAdmin({ store, callLog, clock, randomBytes });
    const answers = new SealedAnswers({ clock, randomBytes });
    started.push(answers);
    const directory = new EnvironmentDirectory(store);
    directory.start();
    started.push(directory);
    const log = new EventLog({ bootId: randomBytes(6).toString('base64url') });
    const watch = new EnvironmentWatch({ store, presence, registry, roster, snapshots, log, clock });
    watch.start();
    started.push(watch);
    const eventStreams = new EventStreams({ log, clock, presence });
    eventStreams.start();
    started.push(eventStreams);
    const services: Services = {
      options,
      tunnelPort,
      host,
      logger,
      clock,
      store,
      json,
      presence,
      authFailures: new AuthFailureLog(clock, 'agent-unauthorized'),
      registry,
      roster,
      credentials,
      checkIns,
      enrolment: new Enrolment({
        store,
        presence,
        registry,
        clock,
        machines,
        endGrants: (id, instanceId) => admin.endGrants(id, instanceId),
        wake: (id) => checkIns.wake(id),
        randomBytes,
      }),
      admin,
      snapshots,
      snapshotRequests,
      idleClose: new IdleClose({ store, registry, credentials, snapshotRequests }),
      availability,
      docker: new DockerProxy({ tunnels, logger }),
      lists: new AllNodeLists({ tunnels, logger, clock, json }),
      tunnels,
      tickets: new Tickets({ clock, randomBytes }),
      webhookAdmin,
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
      callLog,
      directory,
      eventStreams,
      selfTest: new SelfTest({
        clock,
        randomBytes,
        fingerprint: identity.fingerprint,
        get ownAuthority() {
          return host.caCertificate;
        },
      }),
    };
    return { tunnelPort, stop, problems: () => problemsOf(services), ...entryPoints(services) };
  } catch (error) {
    // The start error matters more than errors while stopping.
    await stop().catch(() => undefined);
    throw error;
  }
}

function problemsOf({ store, snapshots }: Services): string[] {
  return [
    ...(store.isFailing ? ['store-unwritable'] : []),
    ...(snapshots.isFailing ? ['snapshot-unwritable'] : []),
  ];
}

/** Docker calls bypass Koa, on the raw request: bytes stream both ways. */
function entryPoints(services: Services): Pick<Running, 'answer' | 'upgrade'> {
  const listener = application(services).callback();
  const consoles = new ConsoleRoute(services);
  const missedUpgrades = new MissedUpgrades(services.logger);
  return {
    answer: (req, res, url) => {
      const call = parseDockerCall(url);
      if (missedUpgrades.refuse(req, res, call, consoles.serves(url))) return;
      if (call) {
        void answerDockerCall(services, call, req, res);
        return;
      }
      req.url = url;
      listener(req, res);
    },
    upgrade: (req, socket, head, url) => {
      const call = parseDockerCall(url);
      if (call) void answerDockerUpgrade(services, call, req, socket, head);
      return call !== null || consoles.upgrade(req, socket, head, url);
    },
  };
}

function application(services: Services): Koa {
  const app = new Koa();
  app.on('error', (err) => services.logger.debug({ err }, 'cannot send an answer'));
  app.use(cutLeftovers(services.clock));
  app.use(hubTime(services.clock));
  app.use(errorReplies(services.logger));
  app.use((ctx, next) => {
    requireHost(ctx.req);
    return next();
  });
  for (const router of [agentRoutes(services), callRoutes(services, CALLS)]) {
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  return app;
}
