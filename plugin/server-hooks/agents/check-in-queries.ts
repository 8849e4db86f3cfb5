import { parse } from 'node:querystring';
import { type CheckInQuery, checkInQuerySchema } from '../../../protocol/messages/agent-calls.js';

/** Longer ones hold what no agent sends; they are not remembered. */
const MAX_LENGTH = 256;
/** Most queries remembered. Agents without a tunnel share a handful; each open tunnel adds its id. */
const MAX_KNOWN = 1_024;

/** Parses the queries of check-ins. Nearly all agents send the same few again and again, so they are remembered. */
export class CheckInQueries {
  readonly #known = new Map<string, CheckInQuery>();

  /**
   * @param url of a genuine check-in: others must not fill the memory
   * @throws ZodError for an invalid query
   */
  parse(url: string): CheckInQuery {
    const start = url.indexOf('?');
    const text = start < 0 ? '' : url.slice(start + 1);
    let query = this.#known.get(text);
    if (!query) {
      query = Object.freeze(checkInQuerySchema.parse({ ...parse(text) }));
      if (text.length > MAX_LENGTH) return query;
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      this.#known.set(text, query);
    }
    return query;
  }
}
