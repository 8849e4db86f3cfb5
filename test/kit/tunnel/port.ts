import { randomBytes } from 'node:crypto';
import type { Logger } from '../../../plugin/server-hooks/host.js';
import { acceptBulk } from '../../../plugin/server-hooks/tunnel/bulk/accept.js';
import { BulkOffers } from '../../../plugin/server-hooks/tunnel/bulk/offers.js';
import { HalfOpenConnections } from '../../../plugin/server-hooks/tunnel/half-open.js';
import { TunnelHandshake } from '../../../plugin/server-hooks/tunnel/handshake.js';
import type { TunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import { RefusalLog } from '../../../plugin/server-hooks/tunnel/refusal-log.js';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import { AgentTls } from '../../../plugin/server-hooks/tunnel/transport/agent-tls.js';
import { TlsListener } from '../../../plugin/server-hooks/tunnel/transport/tls.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { proofMac, type TunnelProof } from '../../../protocol/tunnel/proof.js';

export interface TestPortOptions {
  readonly identity: Pick<TunnelIdentity, 'key' | 'certificate'>;
  readonly bind: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  /** Gets each admitted tunnel, or refuses it. */
  readonly attach: (tunnel: TunnelSession) => void;
  readonly openFiles?: number;
}

const SECRET = Buffer.alloc(32, 7);

/** A proof for an environment's only agent. Its token is valid any number of times. */
export function proofOf(environmentId: number): TunnelProof {
  const token = `${environmentId}`.padStart(43, '0');
  const instanceId = `instance-${environmentId}`;
  return { environmentId, instanceId, token, mac: proofMac(SECRET, token), inactivityMs: 60_000 };
}

/** A hub's tunnel port that admits each {@link proofOf}; not started yet. */
export function tunnelPort(options: TestPortOptions): TlsListener {
  const { identity, bind, clock, logger, newId, attach, openFiles } = options;
  const refusals = new RefusalLog(clock, logger);
  const offers = new BulkOffers({ clock, randomBytes });
  const handshake = new TunnelHandshake({
    environment: (id) => ({
      generation: 1,
      instances: [{ id: `instance-${id}`, secret: SECRET.toString('base64url') }],
    }),
    redeem: (token) => {
      const environmentId = Number(token);
      if (!environmentId) throw problem('credential-unknown');
      return {
        environmentId,
        instanceId: `instance-${environmentId}`,
        nodeId: null,
        generation: 1,
        purpose: 'environment',
        epoch: 'epoch',
        expiresAtMs: 0,
      };
    },
    attach,
    onMisuse: () => undefined,
    newId,
    offers,
    refusals,
    clock,
    logger,
  });
  const tls = new AgentTls({
    key: identity.key,
    certificate: identity.certificate,
    logger,
    onTransport: (transport) => void handshake.run(transport),
    onBulk: (transport) => void acceptBulk(transport, { offers, refusals, clock }),
  });
  const halfOpen = new HalfOpenConnections({
    clock,
    refusals,
    ...(openFiles === undefined ? {} : { openFiles }),
  });
  return new TlsListener({ tls, port: 0, bind, halfOpen });
}
