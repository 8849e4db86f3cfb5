import { splitHostPort } from '../../../../protocol/crypto/edge-key.js';
import { doctorProblem } from '../../../../protocol/problems/doctor.js';
import { codeOf } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { TUNNEL_ALPN } from '../../../../protocol/version.js';
import type { AgentConfig } from '../../config/read-config.js';
import type { Outbound } from '../../hub/outbound.js';
import { dialTls } from '../../tunnel/transport/tls.js';
import type { Chain } from '../chain.js';
import type { ApiTarget } from '../connect.js';
import { answersToLittle } from '../small-answer.js';

const TUNNEL_MS = 8_000;

/** Checks `tunnel-port`: TCP, TLS 1.3, the protocol and the pinned key. No credential is used. */
export async function checkTunnelPort(
  chain: Chain,
  { edgeKey }: Pick<AgentConfig, 'edgeKey'>,
  api: ApiTarget,
  { connectTcp }: Pick<Outbound, 'connectTcp'>,
  clock: Clock,
): Promise<void> {
  const { tunnelAddress, fingerprint } = edgeKey;
  const { host, port } = splitHostPort(tunnelAddress);
  if (host === api.host && api.proxy === null && !chain.passed('dns')) {
    chain.skip('tunnel-port', 'Not checked: its name is that of the API');
    return;
  }
  await chain.run('tunnel-port', TUNNEL_MS + 4_000, async (signal) => {
    const timeoutMs = TUNNEL_MS;
    const late = new AbortController();
    const cancel = clock.after(TUNNEL_MS, () =>
      late.abort(new DOMException(`No answer within ${TUNNEL_MS / 1_000} s`, 'TimeoutError')),
    );
    const dialled = dialTls({
      tunnelAddress,
      fingerprint,
      clock,
      alpn: TUNNEL_ALPN,
      connectTcp: (toHost, toPort) => connectTcp(toHost, toPort, { timeoutMs }),
    });
    // One that opens too late is closed.
    dialled.then(({ socket }) => socket.destroy()).catch(() => undefined);
    try {
      await Promise.race([dialled, rejected(late.signal)]);
      return { value: true, text: `${tunnelAddress} speaks TLS 1.3 and has the key in the Edge key` };
    } catch (error) {
      const isSilent = late.signal.aborted || codeOf(error) === 'tunnel-handshake';
      if (isSilent && (await answersToLittle(() => connectTcp(host, port, { timeoutMs: 3_000 }), signal))) {
        throw doctorProblem('mtu-black-hole', {
          detail: `${tunnelAddress} answers a few bytes, but no TLS handshake: large packets vanish, or it is not a TLS port`,
        });
      }
      throw error;
    } finally {
      cancel();
    }
  });
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}
