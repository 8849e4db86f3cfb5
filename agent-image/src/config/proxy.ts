import { BlockList, isIP } from 'node:net';
import { ConfigError } from './error.js';
import type { Variables } from './variables.js';

/** Proxy settings: `HTTPS_PROXY` and `NO_PROXY`. */
export interface ProxySettings {
  /** The forward proxy, `http:` or `https:`, credentials included: never log it. Null: none. */
  readonly url: URL | null;
  /** Hosts that are reached directly; see {@link proxyFor}. */
  readonly noProxy: string;
}

/**
 * Reads `HTTPS_PROXY` and `NO_PROXY`, upper or lower case.
 * @throws ConfigError `config-invalid`
 */
export function readProxy(variables: Variables): ProxySettings {
  const value = variables.firstOf('HTTPS_PROXY', 'https_proxy');
  const noProxy = variables.firstOf('NO_PROXY', 'no_proxy') ?? '';
  if (value === null) return Object.freeze({ url: null, noProxy });
  const text = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url?.hostname || !['http:', 'https:'].includes(url.protocol)) {
    // The value is not shown: it may carry a password.
    throw new ConfigError('config-invalid', 'HTTPS_PROXY is not a proxy URL: write it as http://proxy:3128');
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    throw new ConfigError('config-invalid', 'HTTPS_PROXY has a % in its user or password: write it as %25');
  }
  return Object.freeze({ url, noProxy });
}

/**
 * The proxy for `host:port`, or null for a direct connection. `NO_PROXY` follows Docker's rules
 * (Go's `httpproxy`): `*`, host names with their subdomains, `.domain` and `*.domain` for
 * subdomains only, addresses, CIDR blocks, each with an optional `:port`. Loopback is always direct.
 * @param host name or address, IPv6 without brackets
 */
export function proxyFor(settings: ProxySettings, host: string, port: number): URL | null {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (settings.url === null || isLoopback(name)) return null;
  const entries = settings.noProxy.toLowerCase().split(/[,\s]+/);
  return entries.some((entry) => entry !== '' && excludes(entry, name, port)) ? null : settings.url;
}

function excludes(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const block = entry.lastIndexOf('/');
  if (block > 0) return inBlock(entry.slice(0, block), Number(entry.slice(block + 1)), host);
  const match = isIP(entry) ? null : /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(entry);
  if (match?.[2] !== undefined && Number(match[2]) !== port) return false;
  const name = (match?.[1] ?? entry).replace(/^\[|\]$/g, '').replace(/^\*(?=\.)/, '');
  if (isIP(host)) return isIP(name) > 0 && inBlock(name, isIP(name) === 4 ? 32 : 128, host);
  return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function inBlock(network: string, prefix: number, host: string): boolean {
  const family = isIP(network);
  const widest = family === 4 ? 32 : 128;
  if (family === 0 || isIP(host) !== family || !Number.isInteger(prefix) || prefix < 0 || prefix > widest) {
    return false;
  }
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || inBlock('127.0.0.0', 8, host) || inBlock('::1', 128, host);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
