import type net from 'node:net';
import { urlAddress } from '../../../protocol/network/url-address.js';
import { proxyFor } from '../config/proxy.js';
import type { AgentConfig } from '../config/read-config.js';
import type { Outbound } from '../hub/outbound.js';

/** The hub's API as the agent reaches it. */
export interface ApiTarget {
  readonly url: URL;
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** The proxy in front of it; null: none. */
  readonly proxy: URL | null;
}

/** Opens a byte pipe to the API, through the proxy if there is one. */
export type Connect = (timeoutMs: number) => Promise<net.Socket>;

export function apiTarget({ edgeKey, proxy }: Pick<AgentConfig, 'edgeKey' | 'proxy'>): ApiTarget {
  const url = new URL(edgeKey.apiUrl);
  const isSecure = url.protocol === 'https:';
  const { host, port } = urlAddress(url);
  return { url, host, port, isSecure, proxy: proxyFor(proxy, host, port) };
}

export function connectTo(
  { host, port }: ApiTarget,
  { connectTcp }: Pick<Outbound, 'connectTcp'>,
  signal: AbortSignal,
): Connect {
  return (timeoutMs) => connectTcp(host, port, { timeoutMs, signal });
}
