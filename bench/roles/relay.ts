// A long or slow link: forwards TCP connections with a delay each way, at a rate, through a bounded queue like a
// router's. Data that does not fit into the queue waits in the sender's socket.
import net, { type Socket } from 'node:net';

const input = JSON.parse(process.argv[2] ?? '{}');
const link: { port: number; delayMs: number; bytesPerMs: number; queueBytes: number } = input;

/** Bytes pass in chunks of a few packets, so that a small message does not wait for a large one. */
const PIECE = 4 * 1024;

const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = net.connect({ host: '127.0.0.1', port: link.port, allowHalfOpen: true, noDelay: true });
  carry(near, far);
  carry(far, near);
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));

/** Bytes a second can be changed while connections are open. */
process.on('message', (change) => Object.assign(link, change));

function carry(from: Socket, to: Socket): void {
  /** In order of arrival: what to write at which time. */
  const onTheWay: { bytes: Buffer; atMs: number }[] = [];
  /** When the link has sent everything queued so far. */
  let freeAtMs = 0;
  let isEnded = false;
  let isScheduled = false;

  const schedule = () => {
    if (!isScheduled) setTimeout(deliver, 1);
    isScheduled = true;
  };
  const deliver = () => {
    isScheduled = false;
    const now = performance.now();
    for (let next = onTheWay[0]; next && next.atMs <= now; next = onTheWay[0]) {
      onTheWay.shift();
      to.write(next.bytes);
    }
    if ((freeAtMs - now) * link.bytesPerMs < link.queueBytes && !to.writableNeedDrain) from.resume();
    if (onTheWay.length > 0) schedule();
    else if (isEnded) to.end();
  };
  from.on('data', (chunk: Buffer) => {
    const now = performance.now();
    freeAtMs = Math.max(freeAtMs, now);
    for (let at = 0; at < chunk.length; at += PIECE) {
      const bytes = chunk.subarray(at, at + PIECE);
      freeAtMs += bytes.length / link.bytesPerMs;
      onTheWay.push({ bytes, atMs: freeAtMs + link.delayMs });
    }
    if ((freeAtMs - now) * link.bytesPerMs >= link.queueBytes) from.pause();
    schedule();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => {
    isEnded = true;
    schedule();
  });
  from.on('error', () => to.destroy());
  from.on('close', () => {
    if (!isEnded) to.destroy();
  });
}
