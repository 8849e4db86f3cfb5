import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { dialTcp } from '../../../protocol/network/dial-tcp.js';
import { TCP_KEEP_ALIVE_MS } from '../../../protocol/network/tcp-keep-alive.js';
import { urlAddress } from '../../../protocol/network/url-address.js';
import { problem } from '../../../protocol/problems/agent.js';
import type { Problem } from '../../../protocol/problems/problem.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { untilEvent } from '../../../protocol/time/until-event.js';

export interface ProxyConnectOptions {
  readonly clock: Clock;
  /** Aborts the whole attempt. */
  readonly signal: AbortSignal;
  /** Trusted authorities for an `https:` proxy. */
  readonly secureContext: tls.SecureContext;
}

/**
 * Opens a byte pipe to `host:port` through a forward proxy (HTTP `CONNECT`, RFC 9110 section 9.3.6).
 * @throws Problem `proxy-refused`, `proxy-unreachable`
 */
export async function connectThroughProxy(
  proxy: URL,
  host: string,
  port: number,
  options: ProxyConnectOptions,
): Promise<net.Socket> {
  const { signal } = options;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const headers = { host: authority, ...authorization(proxy) };
  const pipe = await dialProxy(proxy, options).catch((cause: unknown) => {
    throw unreachable(cause);
  });
  return new Promise((resolve, reject) => {
    const request = http.request({
      createConnection: () => pipe,
      method: 'CONNECT',
      path: authority,
      headers,
      insecureHTTPParser: false,
    });
    const settle = () => signal.removeEventListener('abort', abort);
    const fail = (error: Problem) => {
      settle();
      reject(error);
      request.destroy();
    };
    const abort = () => fail(unreachable('no answer'));
    signal.addEventListener('abort', abort, { once: true });
    request.once('connect', (response, socket, head) => {
      const status = response.statusCode ?? 0;
      // A hub never speaks first, and bytes read here would be lost to TLS, which reads the native handle.
      if (status < 200 || status > 299 || head.length > 0) {
        socket.destroy();
        return fail(refused(status));
      }
      settle();
      resolve(socket as net.Socket);
    });
    request.once('response', (response) => fail(refused(response.statusCode ?? 0)));
    request.on('error', (cause) => fail(unreachable(cause)));
    if (signal.aborted) abort();
    else request.end();
  });
}

/** Connects to the proxy itself; an `https:` proxy's certificate must match its own name. */
async function dialProxy(proxy: URL, options: ProxyConnectOptions): Promise<net.Socket> {
  const { signal, secureContext } = options;
  const isSecure = proxy.protocol === 'https:';
  const { host, port } = urlAddress(proxy);
  const tcp = await dialTcp(host, port, options);
  tcp.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
  if (!isSecure) return tcp;
  const servername = net.isIP(host) ? '' : host;
  const socket = tls.connect({ socket: tcp, host, servername, secureContext, rejectUnauthorized: true });
  return untilEvent(socket, 'secureConnect', signal);
}

function authorization(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function refused(status: number): Problem {
  const nextStep =
    status === 407
      ? 'put its user and password into HTTPS_PROXY'
      : "allow the hub's address and port there, or add the hub to NO_PROXY";
  return problem('proxy-refused', {
    detail: `The proxy refused to connect to the hub (HTTP ${status}): ${nextStep}`,
  });
}

function unreachable(cause: unknown): Problem {
  return problem('proxy-unreachable', { cause });
}
