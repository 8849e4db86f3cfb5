import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { AllNodeList } from '../../../../../plugin/api.js';
import type {
  ClientRequest,
  ClientResponse,
} from '../../../../../plugin/server-hooks/docker/client-message.js';
import {
  AllNodeLists,
  type ListedNode,
} from '../../../../../plugin/server-hooks/docker/lists/all-node-lists.js';
import { parseListRequest } from '../../../../../plugin/server-hooks/docker/lists/list-request.js';
import { JsonWorker } from '../../../../../plugin/server-hooks/json/json-worker.js';
import { spawnJsonWorker } from '../../../../../plugin/server-hooks/spawn-json-worker.js';
import type { TunnelSource } from '../../../../../plugin/server-hooks/tunnel/source.js';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { type EngineDouble, type EngineScript, startEngine } from '../../../../kit/engine/double.js';
import { answering } from '../../../../kit/engine/scripts.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { SocketTunnels } from '../proxy/proxy-hub.js';

/** A hub that serves lists of nodes which are engines on unix sockets. */
export interface ListHub {
  readonly origin: string;
  readonly engines: readonly EngineDouble[];
  readonly tunnels: SocketTunnels;
  readonly clock: FakeClock;
  readonly log: LogRecorder;
  /** What the call is answered with; `path` as Docker has it. */
  list(path: string): Promise<AllNodeList>;
  /** Settles when all calls so far have been served. */
  idle(): Promise<void>;
}

/** An engine's answer with this body. */
export function saying(body: unknown, status = '200 OK'): EngineScript {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return answering(Buffer.concat([Buffer.from(head), bytes]));
}

/** Starts one with nodes `node1`, `node2`, …; `target` of a node may be another than its engine. */
export async function startListHub(
  t: ExecutionContext,
  scripts: readonly EngineScript[],
  {
    change = (nodes) => nodes,
    wrap = (tunnels) => tunnels,
    http2: isHttp2 = false,
  }: {
    change?: (nodes: ListedNode[]) => ListedNode[];
    wrap?: (tunnels: TunnelSource) => TunnelSource;
    http2?: boolean;
  } = {},
): Promise<ListHub> {
  const engines = await Promise.all(scripts.map((script) => startEngine(t, script)));
  const clock = new FakeClock();
  const paths = new Map(engines.map(({ socketPath }, index) => [index + 1, socketPath]));
  const tunnels = new SocketTunnels(paths, clock);
  const nodes = change(
    engines.map((_, index) => ({
      id: `id${index + 1}`,
      name: `node${index + 1}`,
      target: { environmentId: index + 1 },
    })),
  );
  const log = new LogRecorder();
  const json = new JsonWorker({ spawn: spawnJsonWorker, clock: systemClock, logger: log });
  t.teardown(() => json.stop());
  const lists = new AllNodeLists({ tunnels: wrap(tunnels), clock, logger: log, json });
  const calls = new Set<Promise<void>>();
  const serve = (req: ClientRequest, res: ClientResponse) => {
    const question = parseListRequest(req.url ?? '', true);
    if (!question) throw new Error('no list');
    const call = lists.answer(req, res, 1, question, nodes);
    calls.add(call);
    void call.finally(() => calls.delete(call));
  };
  const server = isHttp2 ? http2.createServer(serve) : http.createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    if (server instanceof http.Server) server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    engines,
    tunnels,
    clock,
    log,
    list: async (path) => {
      const answer = await fetch(`${origin}${path}`);
      t.is(answer.status, 200);
      return answer.json() as Promise<AllNodeList>;
    },
    idle: async () => {
      await Promise.all(calls);
    },
  };
}
