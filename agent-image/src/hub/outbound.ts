import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import tls from 'node:tls';
import { dialTcp } from '../../../protocol/network/dial-tcp.js';
import { TCP_KEEP_ALIVE_MS } from '../../../protocol/network/tcp-keep-alive.js';
import { problem } from '../../../protocol/problems/agent.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { proxyFor } from '../config/proxy.js';
import type { AgentConfig } from '../config/read-config.js';
import { toHubError } from './error.js';
import { connectThroughProxy } from './proxy-connect.js';

const CHECK_IN_CONNECT_MS = 15_000;
/** Idle connections. See docs/decisions/platform-defaults.md. */
const KEPT: http.AgentOptions = Object.freeze({
  keepAlive: true,
  keepAliveMsecs: TCP_KEEP_ALIVE_MS,
  maxFreeSockets: 2,
  // Less than the 75 s of the bundled hub; where `Keep-Alive: timeout` is sent, Node uses that if it is shorter.
  timeout: 60_000,
});

/** The agent's outbound connections, for check-ins and tunnel alike. Nothing else dials out. */
export interface Outbound {
  /** Keep-alive agent for requests to the Edge key's API URL. */
  readonly agent: http.Agent;
  /** The same for check-ins: the hub answers them at a lower cost on a connection that carries nothing else. */
  readonly checkInAgent: http.Agent;
  /** For upgrades: each has a connection of its own, which is not kept. */
  readonly upgradeAgent: http.Agent;
  /**
   * A plain TCP pipe to the hub, directly or through the proxy.
   * @throws Problem as `toHubError` makes them, `proxy-refused` or `proxy-unreachable`
   */
  connectTcp(
    host: string,
    port: number,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<net.Socket>;
  /** Closes the idle connections. */
  close(): void;
}

/**
 * Certificates on the API are verified against Node's bundled authorities plus `EDGE_CA_FILE`, or not at
 * all with `EDGE_INSECURE_POLL`; the tunnel does its own pinning over {@link Outbound.connectTcp}.
 */
export function createOutbound(
  config: Pick<AgentConfig, 'cleartext' | 'insecurePoll' | 'ca' | 'proxy'>,
  clock: Clock,
): Outbound {
  const secureContext = authoritiesContext(config.ca);
  const connectTcp: Outbound['connectTcp'] = async (host, port, { timeoutMs, signal: given }) => {
    const deadline = new AbortController();
    const cancel = clock.after(timeoutMs, () =>
      deadline.abort(
        problem('hub-unreachable', { detail: `The hub did not accept within ${timeoutMs / 1000} s` }),
      ),
    );
    const signal = given ? AbortSignal.any([deadline.signal, given]) : deadline.signal;
    try {
      const proxy = proxyFor(config.proxy, host, port);
      if (proxy === null) return await connectDirectly(host, port, clock, signal);
      return await connectThroughProxy(proxy, host, port, { clock, signal, secureContext: secureContext() });
    } finally {
      cancel();
    }
  };
  const unverified = unverifiedContext();
  const make = (options: http.AgentOptions) =>
    config.cleartext
      ? new PlainAgent(connectTcp, options)
      : config.insecurePoll
        ? new SecureAgent(connectTcp, { ...options, rejectUnauthorized: false }, unverified)
        : new SecureAgent(connectTcp, { ...options, rejectUnauthorized: true }, secureContext);
  const [agent, checkInAgent, upgradeAgent] = [make(KEPT), make(KEPT), make({ keepAlive: false })];
  const close = () => {
    agent.destroy();
    checkInAgent.destroy();
    upgradeAgent.destroy();
  };
  return Object.freeze({ agent, checkInAgent, upgradeAgent, connectTcp, close });
}

/**
 * Trusts Node's bundled authorities and those currently in `EDGE_CA_FILE`. Rebuilt only when the file has changed:
 * parsing the authorities for each connection would cost more than the handshake.
 */
function authoritiesContext(ca: AgentConfig['ca']): () => tls.SecureContext {
  const make = (pem: string | null) => {
    const own = pem === null ? {} : { ca: [...tls.rootCertificates, pem] };
    return { pem, context: tls.createSecureContext({ ...own, minVersion: 'TLSv1.2' }) };
  };
  let made: ReturnType<typeof make> | null = null;
  return () => {
    const pem = ca?.() ?? null;
    if (made === null || pem !== made.pem) made = make(pem);
    return made.context;
  };
}

/** For connections that are not verified: without the authorities, which take 1 MiB. */
function unverifiedContext(): () => tls.SecureContext {
  let context: tls.SecureContext | null = null;
  return () => {
    context ??= tls.createSecureContext({ ca: [], minVersion: 'TLSv1.2' });
    return context;
  };
}

type ConnectTcp = Outbound['connectTcp'];
type CreateConnection = http.Agent['createConnection'];
type Callback = (error: Error | null, socket?: net.Socket) => void;

class PlainAgent extends http.Agent {
  readonly #connectTcp: ConnectTcp;

  constructor(connectTcp: ConnectTcp, options: http.AgentOptions) {
    super(options);
    this.#connectTcp = connectTcp;
  }

  override createConnection(...[target, callback]: Parameters<CreateConnection>): undefined {
    dial(this.#connectTcp, target, (socket) => socket, callback as Callback | undefined);
  }
}

class SecureAgent extends https.Agent {
  readonly #connectTcp: ConnectTcp;
  readonly #secureContext: () => tls.SecureContext;

  constructor(connectTcp: ConnectTcp, options: https.AgentOptions, secureContext: () => tls.SecureContext) {
    super(options);
    this.#connectTcp = connectTcp;
    this.#secureContext = secureContext;
  }

  override createConnection(...[target, callback]: Parameters<https.Agent['createConnection']>): undefined {
    const secure = (socket: net.Socket) => {
      const own = { socket, secureContext: this.#secureContext(), ALPNProtocols: ['http/1.1'] };
      return tls.connect({ ...target, ...own } as tls.ConnectionOptions);
    };
    dial(this.#connectTcp, target, secure, callback as Callback | undefined);
  }
}

function dial(
  connectTcp: ConnectTcp,
  target: http.ClientRequestArgs,
  wrap: (socket: net.Socket) => net.Socket,
  callback: Callback | undefined,
): void {
  connectTcp(target.host ?? '', Number(target.port), { timeoutMs: CHECK_IN_CONNECT_MS }).then(
    (socket) => callback?.(null, wrap(socket)),
    (error: Error) => callback?.(error),
  );
}

async function connectDirectly(
  host: string,
  port: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<net.Socket> {
  const socket = await dialTcp(host, port, { clock, signal }).catch((error: unknown) => {
    throw toHubError(error);
  });
  return socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
}
