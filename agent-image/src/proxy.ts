import { BlockList, isIP } from 'node:net';

/** Proxy settings: `HTTPS_PROXY` and `NO_PROXY`. */
export interface ProxySettings {
  /** The forward proxy, `http:` or `https:`, credentials included: never log it. Null: none. */
  readonly url: URL | null;
  /** Hosts that are reached directly; see {@link proxyFor}. */
  readonly noProxy: string;
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
