/** Where a URL of `http:` or `https:` leads. */
export interface UrlAddress {
  /** IPv6 without brackets, as `net.connect` takes it. */
  readonly host: string;
  readonly port: number;
}

/** Host and port of a URL, the default port included. */
export function urlAddress({ hostname, port, protocol }: URL): UrlAddress {
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}
