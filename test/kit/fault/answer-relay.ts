import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scope } from '../scope.js';

/** An answer on its way from the hub to an agent. */
export interface PassingAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A relay between agent and hub that sees the answers, and may change them. */
export interface AnswerRelay {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Where it sends requests on to, such as `http://127.0.0.1:<hub>`. */
  target: string;
  /** What the agent gets in place of the hub's answer. Default: that answer. */
  change: (answer: PassingAnswer, request: http.IncomingMessage) => PassingAnswer;
  /** The headers forwarded to the hub. Default: all. */
  changeRequest: (headers: http.IncomingHttpHeaders) => http.IncomingHttpHeaders;
}

export async function startAnswerRelay(t: Scope): Promise<AnswerRelay> {
  const server = http.createServer((request, response) => {
    const headers = relay.changeRequest(request.headers);
    const onward = http.request(
      new URL(request.url ?? '', relay.target),
      { method: request.method ?? 'GET', headers, agent: false },
      async (answer) => {
        const body = Buffer.concat(await answer.toArray());
        const changed = relay.change(
          { status: answer.statusCode ?? 0, headers: answer.headers, body },
          request,
        );
        const { connection: _, 'transfer-encoding': __, ...own } = changed.headers;
        response.writeHead(changed.status, { ...own, 'content-length': changed.body.length });
        response.end(changed.body);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const relay: AnswerRelay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: '',
    change: (answer) => answer,
    changeRequest: (headers) => headers,
  };
  return relay;
}
