import { problem } from '../problems/agent.js';
import type { Problem } from '../problems/problem.js';

/** Content of an Edge key (the join token, `EDGE_KEY`). */
export interface EdgeKey {
  /** The plugin's base URL as the agent reaches it, mount path included, no trailing slash. */
  readonly apiUrl: string;
  /** `host:port` of the tunnel listener, IPv6 in brackets. Null, in the key `none`: tunnels go by the API URL only. */
  readonly tunnelAddress: string | null;
  /** Base64 SHA-256 of the tunnel's public key in SSH wire format; see `fingerprint.ts`. */
  readonly fingerprint: string;
  /** The environment's id, a positive integer. */
  readonly environmentId: number;
  /** The join secret, base64url, at least 128 bits. */
  readonly secret: string;
}

/** 32 bytes as base64; the 43rd character carries four bits, so that one fingerprint has one text. */
const FINGERPRINT = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const ENVIRONMENT_KEY = /^([1-9][0-9]{0,14})\.([A-Za-z0-9_-]{22,256})$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** A host name or address as the URL parser normalizes it. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/;
const MAX_LENGTH = 4096;
const NO_TUNNEL_ADDRESS = 'none';

/**
 * `base64(apiUrl|tunnelAddress|fingerprint|environmentKey)`, standard alphabet, without padding
 * (RFC 4648 section 4).
 * @throws Problem `edge-key-malformed` (400) where {@link parseEdgeKey} could not read the result
 */
export function encodeEdgeKey(key: EdgeKey): string {
  const address = key.tunnelAddress ?? NO_TUNNEL_ADDRESS;
  const text = [key.apiUrl, address, key.fingerprint, `${key.environmentId}.${key.secret}`].join('|');
  const encoded = withoutPadding(Buffer.from(text, 'utf8').toString('base64'));
  parseEdgeKey(encoded);
  return encoded;
}

/**
 * Reads an Edge key. Padding and surrounding white space are accepted.
 * @throws Problem `edge-key-malformed` (400); the message names the part, never its value
 */
export function parseEdgeKey(value: unknown): EdgeKey {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' || text.length > MAX_LENGTH || !BASE64.test(text)) throw malformed('it is not base64');
  const bytes = Buffer.from(text, 'base64');
  // Node's decoder ignores leftover bits; one key must have one text.
  if (withoutPadding(bytes.toString('base64')) !== withoutPadding(text)) throw malformed('it is not base64');
  const plain = bytes.toString('utf8');
  if (!Buffer.from(plain, 'utf8').equals(bytes)) throw malformed('it is not UTF-8 text');
  const parts = plain.split('|');
  const [url, address, fingerprint, environmentKey] = parts;
  if (parts.length !== 4 || !url || !address || !fingerprint || !environmentKey) {
    throw malformed('it does not have four parts');
  }
  if (!FINGERPRINT.test(fingerprint)) throw malformed('its fingerprint is not a base64 SHA-256');
  const match = ENVIRONMENT_KEY.exec(environmentKey);
  if (!match?.[1] || !match[2]) throw malformed('its environment key is not <id>.<secret>');
  return Object.freeze({
    apiUrl: parseApiUrl(url),
    tunnelAddress: address === NO_TUNNEL_ADDRESS ? null : parseTunnelAddress(address),
    fingerprint,
    environmentId: Number(match[1]),
    secret: match[2],
  });
}

/**
 * Normalizes an API URL: `https:` or `http:`, no credentials, query or fragment, no trailing slash.
 * @throws Problem `edge-key-malformed` (400)
 */
export function parseApiUrl(value: string): string {
  if (value.length > MAX_LENGTH) throw malformed('its URL is too long');
  // The URL parser silently drops tabs, line ends and leading control characters.
  const url = !/\p{Cc}/u.test(value) && URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw malformed('its URL is not http(s)');
  if (url.username || url.password || url.search || url.hash) {
    throw malformed('its URL carries credentials, a query or a fragment');
  }
  if (!HOST.test(url.hostname)) throw malformed('its URL has a host with special characters');
  const path = withoutTrailing('/', url.pathname);
  if (/[|\s'"`$\\]/.test(path)) throw malformed('its URL has a path with special characters');
  return `${url.protocol}//${url.host}${path}`;
}

/**
 * Normalizes `host:port` (IPv6 in brackets), names in lower case and Punycode.
 * @throws Problem `edge-key-malformed` (400)
 */
export function parseTunnelAddress(value: string): string {
  const { host, port } = splitHostPort(value);
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Splits a tunnel address for `tls.connect`; the host comes without brackets.
 * @throws Problem `edge-key-malformed` (400)
 */
export function splitHostPort(value: string): { host: string; port: number } {
  const match = /^(\[[^[\]]+\]|[^:[\]/?#@\\\s\p{Cc}]+):([0-9]{1,5})$/u.exec(value);
  const port = Number(match?.[2]);
  const base = `https://${match?.[1] ?? ''}`;
  const url = match && URL.canParse(base) ? new URL(base) : null;
  if (!url || !HOST.test(url.hostname) || port < 1 || port > 65535) {
    throw malformed('its tunnel address is not host:port');
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

function withoutPadding(base64: string): string {
  return withoutTrailing('=', base64);
}

/** Not a regular expression: it would backtrack quadratically on untrusted text. */
function withoutTrailing(character: string, text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end -= 1;
  return text.slice(0, end);
}

function malformed(reason: string): Problem {
  return problem('edge-key-malformed', { detail: `The Edge key cannot be read: ${reason}` });
}
