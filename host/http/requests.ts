import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Logger } from '../../plugin/server-hooks/host.js';
import type { PluginRegistry } from '../plugins/registry.js';
import { answerFailure } from './problem.js';
import type { ServerHandlers } from './server.js';

/**
 * Makes the handler of requests. Agents' check-ins are nearly all of them and need none of the dashboard's middleware: they go
 * to the plugins directly. The rest goes to `others`.
 */
export function requestTo(
  plugins: Pick<PluginRegistry, 'checkIn'>,
  others: ServerHandlers['request'],
  logger: Logger,
): ServerHandlers['request'] {
  return (req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse) => {
    try {
      if (plugins.checkIn(req, res)) return;
    } catch (error) {
      answerFailure(res, error, logger);
      return;
    }
    others(req, res);
  };
}
