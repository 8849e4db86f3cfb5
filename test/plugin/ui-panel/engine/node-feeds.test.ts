import test from 'ava';
import { ApiClient } from '../../../../plugin/ui-panel/api/client.js';
import { EngineClient } from '../../../../plugin/ui-panel/engine/client.js';
import { ALL_NODES } from '../../../../plugin/ui-panel/engine/model/node-name.js';
import { NodeFeeds } from '../../../../plugin/ui-panel/engine/node-feeds.js';
import { untilTrue } from '../../../kit/until.js';

const node = (id: string, online: boolean, isLeader = false) => ({
  id,
  name: `host-${id}`,
  agent: { online, isLeader },
});
const event = (Type: string, name: string, time: number) =>
  `${JSON.stringify({ Type, Action: 'start', Actor: { ID: name, Attributes: { name } }, time })}\n`;

test('node feeds: follow the other reachable nodes; each event once, with its node', async (t) => {
  const asked: string[] = [];
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  const received: string[] = [];
  const send: typeof fetch = async (url, init) => {
    const path = String(url).replace('/api/environments/5', '').split('?')[0] ?? '';
    if (path === '/nodes')
      return Response.json({
        items: [
          node('n1', true, true),
          node('n2', true),
          node('n3', false),
          { ...node('n4', true), agent: null },
        ],
      });
    asked.push(path);
    const body = new ReadableStream<Uint8Array>({
      start: (writer) => {
        streams.push(writer);
        init?.signal?.addEventListener('abort', () => writer.error(init.signal?.reason));
      },
    });
    return new Response(body);
  };
  let onReceived = () => {};
  const engine = new EngineClient(new ApiClient({ baseUrl: '', fetch: send }), 5, ALL_NODES);
  const untilReceived = (count: number) =>
    new Promise<void>((resolve) => {
      onReceived = () => received.length >= count && resolve();
      onReceived();
    });
  const feeds = new NodeFeeds(engine, ({ type, name, node }) => {
    received.push(`${type} ${name} ${node?.name}`);
    onReceived();
  });
  t.teardown(() => feeds.stop());
  feeds.start();
  await untilTrue('a stream', () => streams.length !== 0, { everyMs: 1 });
  t.deepEqual([asked, feeds.nodes], [['/nodes/n2/docker/events'], ['n2']]);
  const write = (text: string) => streams[0]?.enqueue(Buffer.from(text));
  write(event('container', 'a', 1));
  write(event('service', 'of-all', 2));
  write(event('container', 'a', 1));
  write(event('volume', 'b', 3));
  await untilReceived(2);
  t.deepEqual(received, ['container a host-n2', 'volume b host-n2']);
  streams[0]?.close();
  await untilTrue('the end of all feeds', () => feeds.nodes.length === 0, { everyMs: 1 });
  feeds.stop();
});
