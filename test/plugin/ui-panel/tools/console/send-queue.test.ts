import test from 'ava';
import { SendQueue } from '../../../../../plugin/ui-panel/tools/console/send-queue.js';

test('send queue: sends a whole paste in order, no faster than the connection', async (t) => {
  const parts: Uint8Array[] = [];
  let most = 0;
  const socket = {
    readyState: 1,
    bufferedAmount: 0,
    send(data: unknown) {
      if (!(data instanceof Uint8Array)) return t.fail();
      parts.push(data);
      socket.bufferedAmount += data.length;
      most = Math.max(most, socket.bufferedAmount);
      setTimeout(() => {
        socket.bufferedAmount -= data.length;
      }, 5);
    },
  };
  const paste = Uint8Array.from({ length: 2_000_000 }, (_, index) => index % 251);
  const waited = await new Promise<number[]>((resolve) => {
    const reported: number[] = [];
    const queue = new SendQueue(socket, (waiting) => {
      reported.push(waiting);
      if (waiting === 0) resolve(reported);
    });
    queue.push(paste.subarray(0, 1_999_990));
    queue.push(paste.subarray(1_999_990));
  });
  t.true(Buffer.concat(parts).equals(paste));
  t.true(most < 384 * 1024, `${most}`);
  t.true((waited[0] ?? 0) > 1_000_000);
});

test('send queue: sends nothing to a closed connection, nor after stop()', (t) => {
  let sent = 0;
  const socket = { readyState: 1, bufferedAmount: 1e9, send: () => sent++ };
  const queue = new SendQueue(socket, () => undefined);
  queue.push(new Uint8Array(3));
  queue.stop();
  socket.bufferedAmount = 0;
  socket.readyState = 3;
  queue.push(new Uint8Array(3));
  t.is(sent, 0);
});
