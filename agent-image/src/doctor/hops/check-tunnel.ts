import { splitHostPort } from '../../../../protocol/crypto/edge-key.js';
import { doctorProblem } from '../../../../protocol/problems/doctor.js';
import { codeOf } from '../../../../protocol/problems/problem.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { TUNNEL_ALPN } from '../../../../protocol/version.js';
import type { AgentConfig } from '../../config/read-config.js';
import { toHubError } from '../../hub/error.js';
import type { Outbound } from '../../hub/outbound.js';
import { dialPort } from '../../tunnel/transport/port.js';
import { dialWebSocket } from '../../tunnel/transport/web-socket.js';
import { type Attempt, type Chain, type Finding, timeout } from '../chain.js';
import type { ApiTarget } from '../connect.js';
import { explainFailure } from '../explain-failure.js';
import { answersToLittle } from '../small-answer.js';

const TUNNEL_MS = 8_000;
/** And the question whether only large packets vanish. */
const ATTEMPT_MS = TUNNEL_MS + 4_000;
const SMALL_MS = 3_000;

export interface TunnelOptions {
  readonly config: Pick<AgentConfig, 'edgeKey'>;
  readonly api: ApiTarget;
  readonly outbound: Pick<Outbound, 'connectTcp' | 'upgradeAgent'>;
  readonly clock: Clock;
}

/**
 * Checks `tunnel-port` and `websocket`, up to the pinned key: no credential is used. Tunnels need one of them, so the
 * failure of only one is a warning, unless another hub answers.
 */
export async function checkTunnel(chain: Chain, options: TunnelOptions): Promise<void> {
  const { tunnelAddress } = options.config.edgeKey;
  const host = tunnelAddress === null ? null : splitHostPort(tunnelAddress).host;
  const isNameKnown = chain.passed('dns') || host !== options.api.host || options.api.proxy !== null;
  const [port, webSocket] = await Promise.all([
    tunnelAddress !== null && isNameKnown
      ? chain.attempt(ATTEMPT_MS, (signal) => tryPort(tunnelAddress, options, signal))
      : null,
    chain.passed('tls') ? chain.attempt(TUNNEL_MS, (signal) => tryWebSocket(options, signal)) : null,
  ]);
  if (tunnelAddress === null) chain.skip('tunnel-port', 'Not checked: the Edge key has no tunnel port');
  else if (port === null) chain.skip('tunnel-port', 'Not checked: its name is that of the API');
  else chain.report('tunnel-port', orWarn(port, webSocket, "tunnels open through the API's address"));
  if (webSocket === null) chain.skip('websocket', 'Not checked: there is no connection to the API');
  else chain.report('websocket', orWarn(webSocket, port, 'tunnels open through the tunnel port'));
}

async function tryPort(
  tunnelAddress: string,
  { config, outbound, clock }: TunnelOptions,
  signal: AbortSignal,
): Promise<Finding> {
  const { fingerprint } = config.edgeKey;
  const { host, port } = splitHostPort(tunnelAddress);
  const { connectTcp } = outbound;
  const late = new AbortController();
  const cancel = clock.after(TUNNEL_MS, () => late.abort(timeout(TUNNEL_MS)));
  const ended = AbortSignal.any([signal, late.signal]);
  try {
    const options = { fingerprint, clock, alpn: TUNNEL_ALPN, signal: ended };
    (await dialPort({ ...options, tunnelAddress, connectTcp })).socket.destroy();
    return { text: `${tunnelAddress} speaks TLS 1.3 and has the key in the Edge key` };
  } catch (error) {
    if (!late.signal.aborted) throw error;
    // It is connected once TLS has begun.
    if (codeOf(error) !== 'tunnel-handshake') throw late.signal.reason;
    if (!(await answersToLittle(() => connectTcp(host, port, { timeoutMs: SMALL_MS }), signal))) throw error;
    const detail = `${tunnelAddress} answers a few bytes, but no TLS handshake: large packets vanish`;
    throw doctorProblem('mtu-black-hole', { detail });
  } finally {
    cancel();
  }
}

async function tryWebSocket(
  { config, outbound, clock }: TunnelOptions,
  signal: AbortSignal,
): Promise<Finding> {
  const { apiUrl, fingerprint } = config.edgeKey;
  const options = { fingerprint, clock, alpn: TUNNEL_ALPN, signal, toHubError };
  (await dialWebSocket({ ...options, apiUrl, agent: outbound.upgradeAgent })).socket.destroy();
  return { text: `A tunnel opens through ${apiUrl}, and has the key in the Edge key` };
}

function orWarn(one: Attempt, other: Attempt | null, instead: string): Attempt {
  if (one.finding || !other?.finding || codeOf(one.error) === 'tunnel-fingerprint-mismatch') return one;
  const { text, code } = explainFailure(one.error);
  return { ms: one.ms, finding: { code, result: 'warn', text: `${text}; ${instead}` } };
}
