import { TunnelAdmission } from '../agents/tunnel-admission.js';
import { openFileLimit } from '../disk/open-file-limit.js';
import type { Logger } from '../host.js';
import type { Lifecycle } from '../lifecycle.js';
import { isConfirmable } from '../live/manager-claims.js';
import { servesSwarm } from '../model/environment.js';
import type { ResolvedOptions } from '../options.js';
import { TunnelCalls } from '../tunnel/calls.js';
import { loadTunnelIdentity } from '../tunnel/identity.js';
import { TunnelListener } from '../tunnel/listener.js';
import type { TunnelSource } from '../tunnel/source.js';
import type { Live } from './live.js';
import type { Storage } from './storage.js';

/** The tunnel port, and calls through the tunnels. */
export interface Tunnels {
  readonly tunnels: TunnelSource;
  readonly tunnelPort: number;
  /** Of the tunnel's certificate; pinned by Edge keys. */
  readonly fingerprint: string;
}

export async function startTunnels(
  { dataDir, tunnelPort, bind, clock, randomBytes }: ResolvedOptions,
  { store }: Pick<Storage, 'store'>,
  { live, availability }: Live,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<Tunnels> {
  const { key, certificate, fingerprint } = await loadTunnelIdentity(dataDir, clock);
  const admission = new TunnelAdmission({ store, live, logger });
  const listener = new TunnelListener({
    key,
    certificate,
    port: tunnelPort,
    bind,
    clock,
    logger,
    admit: (proof) => admission.admit(proof),
    register: (tunnel) => admission.register(tunnel),
    newId: () => randomBytes(12).toString('base64url'),
    openFiles: openFileLimit(),
  });
  await lifecycle.use(listener);
  const tunnels = new TunnelCalls({
    tunnels: (id) => live.of(id).tunnels,
    clock,
    waitMs: (target) => availability.waitMs(target),
    servesSwarm: (id, instanceId) => servesSwarm(store.environment(id), instanceId),
    isConfirmable: (id, instanceId) => isConfirmable(store.environment(id), instanceId, live.of(id)),
  });
  return { tunnels, tunnelPort: listener.port, fingerprint };
}
