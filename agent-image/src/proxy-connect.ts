import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { EdgeError } from '../../protocol/edge-error.js';

/**
 * Asks a forward proxy for a byte pipe to `host:port` (HTTP `CONNECT`, RFC 9110 section 9.3.6).
 * @param secureContext trusted authorities for an `https:` proxy
 * @throws EdgeError `proxy-refused`, `proxy-unreachable`
 */
export function connectThroughProxy(
  proxy: URL,
  host: string,
  port: number,
  options: { timeoutMs: number; ca: string[] | undefined },
): Promise<net.Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const isSecure = proxy.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? (isSecure ? 443 : 80) : proxy.port,
      method: 'CONNECT',
      path: authority,
      agent: false,
      headers: { host: authority, ...authorization(proxy) },
      ...(isSecure && options.ca !== undefined ? { ca: options.ca } : {}),
    });
    const fail = (error: EdgeError) => {
      clearTimeout(timer);
      reject(error);
      request.destroy();
    };
    const timer = setTimeout(() => fail(unreachable('no answer')), options.timeoutMs);
    request.once('connect', (response, socket, head) => {
      const status = response.statusCode ?? 0;
      // A hub never speaks first, and bytes read here would be lost to TLS, which reads the native handle.
      if (status < 200 || status > 299 || head.length > 0) {
        socket.destroy();
        return fail(refused(status));
      }
      clearTimeout(timer);
      resolve(socket as net.Socket);
    });
    request.once('response', (response) => fail(refused(response.statusCode ?? 0)));
    request.on('error', (cause) => fail(unreachable(cause)));
    request.end();
  });
}

function authorization(proxy: URL): Record<string, string> {
  if (proxy.username === '' && proxy.password === '') return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function refused(status: number): EdgeError {
  const nextStep =
    status === 407
      ? 'put its user and password into HTTPS_PROXY'
      : "allow the hub's address and port there, or add the hub to NO_PROXY";
  return new EdgeError(
    'proxy-refused',
    `The proxy refused to connect to the hub (HTTP ${status}): ${nextStep}`,
  );
}

function unreachable(cause: unknown): EdgeError {
  return new EdgeError('proxy-unreachable', 'The proxy cannot be reached: check HTTPS_PROXY', { cause });
}
