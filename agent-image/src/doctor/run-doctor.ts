import { access, constants } from 'node:fs/promises';
import type { HopResult } from '../../../protocol/hops.js';
import { urlAddress } from '../../../protocol/network/url-address.js';
import { problem } from '../../../protocol/problems/agent.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { AgentConfig } from '../config/read-config.js';
import { createOutbound } from '../hub/outbound.js';
import { Chain } from './chain.js';
import { apiTarget, connectTo } from './connect.js';
import { callApi, reportVanished } from './hops/call-api.js';
import { checkCertificate } from './hops/check-certificate.js';
import { checkClock } from './hops/check-clock.js';
import { checkEngine } from './hops/check-engine.js';
import { checkProxy } from './hops/check-proxy.js';
import { checkTunnel } from './hops/check-tunnel.js';
import { reachHost } from './hops/reach-host.js';

export interface DoctorOptions {
  readonly clock: Clock;
  /** Called with each result as soon as it is known. */
  readonly onResult?: (result: HopResult) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

/** All checks together end by then, ms. */
const DOCTOR_MS = 55_000;
const CONFIG_MS = 2_000;

/**
 * Checks each step from this machine to the hub and to the engine, with connections of its own. It enrols nothing, stores
 * nothing and uses no credential, so it may run next to a running agent. Never throws.
 */
export async function runDoctor(config: AgentConfig, options: DoctorOptions): Promise<readonly HopResult[]> {
  const { clock, onResult = () => undefined, signal } = options;
  const ended = new AbortController();
  const cancel = clock.after(DOCTOR_MS, () => ended.abort());
  const abort = () => ended.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const chain = new Chain({ clock, onResult, signal: ended.signal });
  const outbound = createOutbound(config, clock);
  const api = apiTarget(config);
  const connect = connectTo(api, outbound, ended.signal);
  try {
    await checkConfig(chain, config);
    const { proxy } = api;
    const place = proxy
      ? { name: 'The proxy', ...urlAddress(proxy) }
      : { name: 'The hub', host: api.host, port: api.port };
    await reachHost(chain, place, clock);
    await checkProxy(chain, api, config.proxy, connect);
    if (chain.passed(proxy ? 'proxy' : 'tcp')) {
      const tls = await checkCertificate(chain, { target: api, connect, config, clock });
      if (tls === 'large packets vanish') {
        chain.skip('clock', 'Not checked: see mtu');
        chain.skip('api', 'Not checked: see mtu');
        await reportVanished(chain);
      } else {
        await checkClock(chain, api, connect, clock);
        if (tls === 'done') await callApi(chain, { config, outbound, clock, signal: ended.signal });
        else {
          chain.skip('api', 'Not checked: the certificate is not accepted');
          chain.skip('mtu', 'Not checked: it needs a call that the hub answers');
        }
      }
    } else {
      for (const hop of ['tls', 'clock', 'api', 'mtu'] as const)
        chain.skip(hop, `Not checked: there is no connection to the hub`);
    }
    await checkTunnel(chain, { config, api, outbound, clock });
    await checkEngine(chain, config.engine, clock);
    return chain.results;
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
    outbound.close();
  }
}

/** The settings are read by then: a malformed one ends the command. */
async function checkConfig(chain: Chain, { edgeKey, dataDir }: AgentConfig): Promise<void> {
  const { environmentId, apiUrl, tunnelAddress } = edgeKey;
  await chain.run('config', CONFIG_MS, async () => {
    const tunnel = tunnelAddress === null ? 'no tunnel port' : `tunnel at ${tunnelAddress}`;
    const text = `Environment ${environmentId} at ${apiUrl}, ${tunnel}`;
    try {
      await access(dataDir, constants.W_OK);
      return { value: true, text };
    } catch {
      const { code, message } = problem('data-dir-unwritable');
      return { value: true, result: 'warn', text: `${text}. ${message}`, code };
    }
  });
}
