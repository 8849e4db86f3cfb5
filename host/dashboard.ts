import { join } from 'node:path';
import Koa from 'koa';
import type { Host, Logger } from '../plugin/server-hooks/host.js';
import { localNames } from '../protocol/certificates/local-names.js';
import { ownCertificate, type ServerCertificate } from '../protocol/certificates/own-certificate.js';
import type { Clock } from '../protocol/time/clock.js';
import { ensureAdminPassword } from './auth/admin-password.js';
import { ApiTokens } from './auth/api-tokens.js';
import { Authenticator } from './auth/authenticate.js';
import { Devices } from './auth/devices.js';
import { LiveCredentials } from './auth/live-credentials.js';
import { LoginGuard, type LoginLimits } from './auth/login-guard.js';
import type { PasswordCost } from './auth/password.js';
import { Sessions } from './auth/sessions.js';
import { readGivenCertificate } from './certificates/given-certificate.js';
import { CertificateKeeper } from './certificates/keeper.js';
import { type HostConfig, readPasswordFile, readPublicCaFile } from './config.js';
import { DataFile } from './data-file.js';
import { refuseBuildKit } from './http/buildkit.js';
import { isClientGone } from './http/is-client-gone.js';
import { problemReplies, refuseUnserved, requireHost } from './http/problem.js';
import { requestTo, shortGetTo } from './http/requests.js';
import { addHostRoutes } from './http/routes.js';
import { HttpsServer, type ServerHandlers } from './http/server.js';
import { upgradeTo } from './http/upgrades.js';
import { loadPage } from './page.js';
import { openSlots } from './plugins/open-slots.js';
import { loadPanels } from './plugins/panel-files.js';
import { PluginRegistry, type PluginView } from './plugins/registry.js';
import { Reloader, type ReloadTask } from './reloader.js';
import { WatchedSetting } from './watched-setting.js';

/** Dependencies of the dashboard, which tests replace. */
export interface DashboardDeps {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  readonly logger: Logger;
  /** Folders to search: each one with a `manifest.json` is a plugin. */
  readonly pluginFolders: readonly string[];
  /** Called at the first start, once the generated admin password is on disk. It cannot be shown again. */
  readonly showPassword: (password: string) => void;
  /** Reported by `/healthz`. */
  readonly version: string;
  /** Default: {@link defaultPasswordCost}. */
  readonly passwordCost?: PasswordCost;
  /** Default: {@link defaultLoginLimits}. */
  readonly loginLimits?: LoginLimits;
  /** Interval at which the operator's files are read again. Default 5000. */
  readonly filesMs?: number;
}

/** A running dashboard. */
export interface RunningDashboard {
  /** The ports in use. The last two are null when no plugin opened one. */
  readonly port: number;
  readonly tunnelPort: number | null;
  readonly dockerPort: number | null;
  /** Enabled plugins that do not run. */
  readonly failures: readonly PluginView[];
  /** Reads certificates and other files again. Never rejects: an unusable file is logged and changes nothing. */
  reload(): Promise<void>;
  /** Stops everything in reverse order of start. Safe to call twice. */
  stop(): Promise<void>;
}

const FILES_MS = 5_000;
/** Interval of checks for a wrong clock, a new name and the end of our own certificate. */
const OWN_CERTIFICATE_MS = 60_000;
/** How long a stream may outlive its expired session or token. */
const EXPIRED_MS = 5_000;

/**
 * Starts the dashboard with every plugin it finds: all wiring, nothing else. A plugin that cannot be loaded or started
 * is logged, and the dashboard runs without it.
 * @throws errors of reading, parsing or listening; nothing is left running then
 */
export async function startDashboard(config: HostConfig, deps: DashboardDeps): Promise<RunningDashboard> {
  const { clock, randomBytes, logger } = deps;
  const folder = join(config.dataDir, 'host');
  const data = await DataFile.open(
    join(folder, 'host.json'),
    () => ({
      schemaVersion: 1,
      passwordHash: null,
      sessionSecret: randomBytes(32).toString('base64url'),
      revokedSessions: [],
      tokens: [],
      disabledPlugins: [],
    }),
    logger,
    clock,
  );
  const made = await ensureAdminPassword(data, config.adminPassword, randomBytes, deps.passwordCost);
  if (made !== null) deps.showPassword(made);
  const certificates = new CertificateKeeper(await certificateOf(config, folder, deps, true), {
    read: () => certificateOf(config, folder, deps, false),
    clock,
    logger,
    onChange: (certificate) => server.renew(certificate),
  });

  const sessions = new Sessions({ data, clock, randomBytes });
  const tokens = new ApiTokens({ data, clock, randomBytes });
  const live = new LiveCredentials();
  data.onChange(() => live.review());
  const authenticator = new Authenticator(sessions, tokens, live);
  let { publicCa } = config;
  const host: Host = {
    authenticate: async (req) => (await authenticator.identify(req))?.principal ?? null,
    logger,
    get caCertificate() {
      return publicCa === undefined ? certificates.current.ca : (publicCa ?? undefined);
    },
  };
  const plugins = new PluginRegistry(await openSlots(config, deps.pluginFolders, host, clock), data, logger);

  const app = new Koa({ proxy: config.trustedProxies > 0, maxIpsCount: config.trustedProxies });
  app.on('error', (error: unknown, ctx?: Koa.Context) => {
    if (ctx && isClientGone(error, ctx.res)) logger.debug({ err: error }, 'the client disconnected');
    else logger.error({ err: error }, 'a response failed');
  });
  if (config.hstsSeconds > 0) {
    app.use((ctx, next) => {
      ctx.set('Strict-Transport-Security', `max-age=${config.hstsSeconds}`);
      return next();
    });
  }
  app.use(problemReplies(logger));
  app.use((ctx, next) => {
    requireHost(ctx.req);
    return next();
  });
  for (const slot of plugins.slots) app.use(slot.routes);
  app.use(refuseUnserved);
  app.use(refuseBuildKit);
  app.use(await loadPage());
  app.use(
    await loadPanels(
      plugins.slots.map(({ manifest }) => manifest),
      logger,
    ),
  );
  const guard = new LoginGuard(deps.loginLimits, clock);
  const { version } = deps;
  const devices = new Devices(data, randomBytes);
  const caller = { sessions, tokens, authenticator, devices, guard };
  addHostRoutes(app, { data, ...caller, plugins, certificates, clock, version });

  const handlers: ServerHandlers = {
    request: requestTo(plugins, app.callback(), logger),
    upgrade: upgradeTo(plugins, authenticator, logger),
    shortGet: shortGetTo(plugins, logger),
  };
  const server: HttpsServer = new HttpsServer(certificates.current, handlers, undefined, clock);
  const { filesMs = FILES_MS } = deps;
  const tasks: ReloadTask[] = [
    { everyMs: config.tls ? filesMs : OWN_CERTIFICATE_MS, run: () => certificates.refresh() },
    { everyMs: EXPIRED_MS, run: async () => live.review() },
  ];
  const watch = <T extends string | null>(
    name: string,
    first: T,
    read: () => T,
    apply: (value: T) => unknown,
  ) => {
    const setting = new WatchedSetting({ name, first, read, apply, logger });
    tasks.push({ everyMs: filesMs, run: (isAsked) => setting.refresh(isAsked) });
  };
  const { adminPassword, adminPasswordFile, publicCaFile } = config;
  if (adminPassword !== undefined && adminPasswordFile !== undefined) {
    const read = () => readPasswordFile(adminPasswordFile, config.allowsWeakPassword);
    const apply = (value: string) => ensureAdminPassword(data, value, randomBytes, deps.passwordCost);
    watch('FAIRLEAD_ADMIN_PASSWORD_FILE', adminPassword, read, apply);
  }
  if (publicCa != null && publicCaFile !== undefined) {
    const read = () => readPublicCaFile(publicCaFile);
    watch('FAIRLEAD_PUBLIC_CA', publicCa, read, (value) => {
      publicCa = value;
    });
  }
  const reloader = new Reloader(tasks, clock);

  const stop = async () => {
    await reloader.stop();
    await Promise.all([server.stop(), plugins.stop()]);
    data.close();
  };
  try {
    await plugins.start();
    const port = await server.start(config.port, config.bind);
    reloader.start();
    const { tunnelPort = null, dockerPort = null } = plugins.slots[0] ?? {};
    const { failures } = plugins;
    return { port, tunnelPort, dockerPort, failures, reload: () => reloader.reload(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function certificateOf(
  config: HostConfig,
  folder: string,
  deps: DashboardDeps,
  isFirst: boolean,
): Promise<ServerCertificate> {
  if (config.tls) return readGivenCertificate(config.tls.certFile, config.tls.keyFile);
  return ownCertificate(folder, localNames(config.publicUrl), deps.clock.now(), deps.randomBytes, isFirst);
}
