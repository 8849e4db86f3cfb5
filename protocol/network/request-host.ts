/** The part of a `node:http` or `node:http2` request that {@link requestHost} reads. */
export interface HostedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values alternate. */
  readonly rawHeaders: readonly string[];
}

/** Bounded and without ambiguity: untrusted text is matched in linear time. */
const HOST = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;

/**
 * The `host[:port]` that a request was sent to; null when missing, repeated, contradictory or malformed. HTTP/2 has it
 * in `:authority`, in `host`, or identical in both.
 */
export function requestHost({ headers, rawHeaders }: HostedRequest): string | null {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  for (const name of ['host', ':authority']) {
    if (names.indexOf(name) !== names.lastIndexOf(name)) return null;
  }
  const [host, authority] = [headers.host, headers[':authority']];
  const given = authority ?? host;
  if (typeof given !== 'string' || given.length > 320 || !HOST.test(given)) return null;
  if (host !== undefined && String(host).toLowerCase() !== given.toLowerCase()) return null;
  return given;
}
