import test from 'ava';
import { parseEvents } from '../../../../plugin/ui-panel/api/parse-events.js';

const STREAM =
  'retry: 3000\n\nid: a.1\nevent: reset\ndata: {"reason":"start"}\n\n:\r\n\r\nid: a.2\nevent: x\ndata: "größe →"\n\n';

test('parse events: whole wherever the stream is split; an incomplete last message is dropped', async (t) => {
  const bytes = Buffer.from(`${STREAM}id: a.3\ndata: never`);
  for (const size of [1, 2, 3, 7, 1000]) {
    const chunks = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const messages = [];
    for await (const message of parseEvents(chunks())) if (message.data) messages.push(message);
    t.deepEqual(messages, [
      { id: 'a.1', type: 'reset', data: '{"reason":"start"}' },
      { id: 'a.2', type: 'x', data: '"größe →"' },
    ]);
  }
});
