import { openFileLimit } from '../disk/open-file-limit.js';
import type { Logger } from '../host.js';
import type { Lifecycle } from '../lifecycle.js';
import type { LiveEnvironments } from '../live/environments.js';
import { isConfirmable } from '../live/manager-claims.js';
import { TunnelTotals } from '../metrics/tunnel-totals.js';
import { servesSwarm } from '../model/environment.js';
import type { ResolvedOptions } from '../options.js';
import type { Store } from '../store/store.js';
import { acceptBulk } from '../tunnel/bulk/accept.js';
import { BulkOffers } from '../tunnel/bulk/offers.js';
import { TunnelCalls } from '../tunnel/calls.js';
import { HalfOpenConnections } from '../tunnel/half-open.js';
import { TunnelHandshake, type TunnelHandshakeOptions } from '../tunnel/handshake.js';
import { loadTunnelIdentity } from '../tunnel/identity.js';
import { RefusalLog } from '../tunnel/refusal-log.js';
import type { TunnelSource } from '../tunnel/source.js';
import { AgentTls } from '../tunnel/transport/agent-tls.js';
import { TlsListener } from '../tunnel/transport/tls.js';
import { WebSockets } from '../tunnel/transport/web-sockets.js';
import type { Live } from './live.js';
import type { Storage } from './storage.js';

/** The tunnel port, and calls through the tunnels. */
export interface Tunnels {
  readonly tunnels: TunnelSource;
  readonly tunnelPort: number | null;
  /** Tunnels by the API's address. */
  readonly webSockets: WebSockets;
  /** Of the tunnel's certificate; pinned by Edge keys. */
  readonly fingerprint: string;
  readonly tunnelTotals: TunnelTotals;
  /** Connections that were refused. */
  readonly refusals: RefusalLog;
}

export async function startTunnels(
  { dataDir, tunnelPort, bind, clock, randomBytes }: ResolvedOptions,
  { store }: Pick<Storage, 'store'>,
  { live, availability }: Live,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<Tunnels> {
  const { key, certificate, fingerprint } = await loadTunnelIdentity(dataDir, clock);
  const refusals = new RefusalLog(clock, logger);
  const tunnelTotals = new TunnelTotals();
  const offers = new BulkOffers({ clock, randomBytes });
  const handshake = createHandshake(store, live, {
    offers,
    totals: tunnelTotals,
    newId: () => randomBytes(12).toString('base64url'),
    refusals,
    clock,
    logger,
  });
  const tls = new AgentTls({
    key,
    certificate,
    logger,
    onTransport: (transport) => void handshake.run(transport),
    onBulk: (transport) => void acceptBulk(transport, { offers, refusals, clock }),
  });
  const openFiles = openFileLimit();
  const halfOpen = new HalfOpenConnections({ clock, refusals, openFiles });
  // Behind a reverse proxy all agents have its address, so one network may have every place.
  const proxied = new HalfOpenConnections({ clock, refusals, openFiles, networkShare: 1 });
  const webSockets = await lifecycle.use(new WebSockets({ tls, halfOpen: proxied, clock }));
  const listener =
    tunnelPort === null
      ? null
      : await lifecycle.use(new TlsListener({ tls, port: tunnelPort, bind, halfOpen }));
  const tunnels = new TunnelCalls({
    tunnels: (id) => live.of(id).tunnels,
    clock,
    waitMs: (target) => availability.waitMs(target),
    servesSwarm: (id, instanceId) => servesSwarm(store.environment(id), instanceId),
    isConfirmable: (id, instanceId) => isConfirmable(store.environment(id), instanceId, live.of(id)),
  });
  return { tunnels, tunnelPort: listener?.port ?? null, webSockets, fingerprint, tunnelTotals, refusals };
}

/** A handshake that admits the agents of the store. */
export function createHandshake(
  store: Pick<Store, 'environment'>,
  live: LiveEnvironments,
  context: Pick<TunnelHandshakeOptions, 'newId' | 'offers' | 'refusals' | 'clock' | 'logger'> & {
    readonly totals?: TunnelTotals;
  },
): TunnelHandshake {
  return new TunnelHandshake({
    ...context,
    environment: (id) => store.environment(id),
    redeem: (token) => live.tokens.redeem(token),
    attach: (tunnel) => {
      const wakeMs = live.of(tunnel.grant.environmentId).tunnels.slotOf(tunnel.grant).attach(tunnel);
      context.totals?.add(tunnel, wakeMs);
    },
    onMisuse: (environmentId, refusal) => live.of(environmentId).presence.refused(refusal),
  });
}
