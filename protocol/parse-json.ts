/** What `json` (UTF-8) says; null where it is no JSON: a schema, which takes no null, says what is wrong then. */
export function parseJson(json: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString('utf8'));
  } catch {
    return null;
  }
}
