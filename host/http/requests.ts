import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Logger } from '../../plugin/server-hooks/host.js';
import type { PluginRegistry } from '../plugins/registry.js';
import { answerFailure, failureAnswer } from './problem.js';
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

/** Makes the handler of short GETs: check-ins are answered, anything else is left to the HTTP server. */
export function shortGetTo(
  plugins: Pick<PluginRegistry, 'answerCheckIn'>,
  logger: Logger,
): NonNullable<ServerHandlers['shortGet']> {
  return (head, exchange) => {
    try {
      return plugins.answerCheckIn(head, exchange);
    } catch (error) {
      const { status, headers, body } = failureAnswer(error, logger);
      exchange.answer(status, headers, body);
      return true;
    }
  };
}
