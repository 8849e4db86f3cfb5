import type { CheckInHead } from '../../plugin/server-hooks/index.js';

const MAX_BYTES = 2_048;
/** Printable ASCII in lines that end with CRLF; values have no space at either end. */
const HEAD = /^GET (\/[!-~]*) HTTP\/1\.1\r\n((?:[A-Za-z-]+: [!-~](?:[ -~]*[!-~])?\r\n)+)\r\n$/;

/**
 * Reads a chunk that is exactly one complete GET request without a body, in a form that no two parsers read differently:
 * a path, few and known headers, each once, nothing folded, nothing after it. Null for anything else: Node's parser decides.
 */
export function readShortGet(chunk: Buffer): CheckInHead | null {
  if (chunk.length > MAX_BYTES) return null;
  const [, url, lines] = HEAD.exec(chunk.toString('latin1')) ?? [];
  if (url === undefined || lines === undefined) return null;
  let host: string | undefined;
  let authorization: string | undefined;
  let ifNoneMatch: string | undefined;
  let prefer: string | undefined;
  let connection: string | undefined;
  for (let start = 0; start < lines.length; ) {
    const colon = lines.indexOf(':', start);
    const end = lines.indexOf('\r\n', colon);
    const value = lines.slice(colon + 2, end);
    switch (lines.slice(start, colon).toLowerCase()) {
      case 'host':
        if (host !== undefined) return null;
        host = value;
        break;
      case 'authorization':
        if (authorization !== undefined) return null;
        authorization = value;
        break;
      case 'if-none-match':
        if (ifNoneMatch !== undefined) return null;
        ifNoneMatch = value;
        break;
      case 'prefer':
        if (prefer !== undefined) return null;
        prefer = value;
        break;
      case 'connection':
        if (connection !== undefined || value !== 'keep-alive') return null;
        connection = value;
        break;
      default:
        return null;
    }
    start = end + 2;
  }
  return host === undefined ? null : { method: 'GET', url, authorization, ifNoneMatch, prefer };
}
