/** Parses `json` (UTF-8); null when it is invalid, which the caller's schema then rejects. */
export function parseJson(json: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString('utf8'));
  } catch {
    return null;
  }
}
