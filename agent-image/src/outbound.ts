import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { EdgeError } from '../../protocol/edge-error.js';
import type { AgentConfig } from './config.js';
import { toHubError } from './hub-error.js';
import { proxyFor } from './proxy.js';
import { connectThroughProxy } from './proxy-connect.js';

const CHECK_IN_CONNECT_MS = 15_000;

/** How the agent leaves its network, for check-ins and tunnel alike. Nothing else dials out. */
export interface Outbound {
  /** Keep-alive agent for requests to the Edge key's API URL. */
  readonly agent: http.Agent;
  /**
   * A plain TCP pipe to the hub, directly or through the proxy.
   * @throws EdgeError as `toHubError` makes them, `proxy-refused` or `proxy-unreachable`
   */
  connectTcp(host: string, port: number, options: { timeoutMs: number }): Promise<net.Socket>;
  /** Closes the agent's kept connections. */
  close(): void;
}

/**
 * Certificates on the API are verified against the authorities Node ships plus `EDGE_CA_FILE`, or not at
 * all with `EDGE_INSECURE_POLL`; the tunnel does its own pinning over {@link Outbound.connectTcp}.
 */
export function createOutbound(
  config: Pick<AgentConfig, 'cleartext' | 'insecurePoll' | 'ca' | 'proxy'>,
): Outbound {
  const ca = config.ca === null ? undefined : [...tls.rootCertificates, config.ca];
  const connectTcp: Outbound['connectTcp'] = (host, port, { timeoutMs }) => {
    const proxy = proxyFor(config.proxy, host, port);
    if (proxy === null) return connectDirectly(host, port, timeoutMs);
    return connectThroughProxy(proxy, host, port, { timeoutMs, ca });
  };
  const agent = config.cleartext
    ? new PlainAgent(connectTcp)
    : new SecureAgent(connectTcp, {
        rejectUnauthorized: !config.insecurePoll,
        // Made once: parsing the authorities for each connection would cost more than the handshake.
        ...(ca === undefined ? {} : { secureContext: tls.createSecureContext({ ca }) }),
      });
  return Object.freeze({ agent, connectTcp, close: () => agent.destroy() });
}

type ConnectTcp = Outbound['connectTcp'];
type CreateConnection = http.Agent['createConnection'];
type Callback = (error: Error | null, socket?: net.Socket) => void;

class PlainAgent extends http.Agent {
  readonly #connectTcp: ConnectTcp;

  constructor(connectTcp: ConnectTcp) {
    super({ keepAlive: true, maxFreeSockets: 2 });
    this.#connectTcp = connectTcp;
  }

  override createConnection(...[target, callback]: Parameters<CreateConnection>): undefined {
    dial(this.#connectTcp, target, (socket) => socket, callback as Callback | undefined);
  }
}

class SecureAgent extends https.Agent {
  readonly #connectTcp: ConnectTcp;

  constructor(connectTcp: ConnectTcp, options: https.AgentOptions) {
    super({ ...options, keepAlive: true, maxFreeSockets: 2 });
    this.#connectTcp = connectTcp;
  }

  override createConnection(...[target, callback]: Parameters<https.Agent['createConnection']>): undefined {
    const secure = (socket: net.Socket) => {
      const options: tls.ConnectionOptions = { ...target, socket } as tls.ConnectionOptions;
      return tls.connect(options);
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

function connectDirectly(host: string, port: number, timeoutMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true });
    const fail = (error: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(toHubError(error));
    };
    const timer = setTimeout(
      () => fail(new EdgeError('hub-unreachable', `The hub did not accept within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}
