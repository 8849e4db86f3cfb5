import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { EdgeError } from '../../../protocol/edge-error.js';

/** Bodies of upgrade requests are small JSON (`exec/start`); a larger one is a mistake. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Takes the body of an upgrade request off its socket. It comes in `head`, on the socket, or in both, with
 * the first bytes of stdin right behind it; those are put back, in order.
 * @throws EdgeError `chunked-upgrade-body` (400), `upgrade-body-too-large` (413), `client-gone` (499)
 */
export async function readUpgradeBody(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<Buffer> {
  if (req.headers['transfer-encoding'] !== undefined) {
    throw new EdgeError('chunked-upgrade-body', 'A request to upgrade must give the length of its body', {
      status: 400,
    });
  }
  const length = Number(req.headers['content-length'] ?? 0);
  if (length > MAX_BODY_BYTES) {
    throw new EdgeError('upgrade-body-too-large', 'The body of a request to upgrade may have 1 MiB', {
      status: 413,
      details: { maxBytes: MAX_BODY_BYTES },
    });
  }
  if (head.length > 0) socket.unshift(head);
  if (length === 0) return Buffer.alloc(0);
  if (req.headers.expect !== undefined && head.length === 0) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  return take(socket, length);
}

function take(socket: Duplex, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let missing = length;
    const settle = (error?: EdgeError) => {
      socket.off('readable', read);
      socket.off('end', gone);
      socket.off('close', gone);
      if (error === undefined) resolve(Buffer.concat(parts, length));
      else reject(error);
    };
    const gone = () =>
      settle(new EdgeError('client-gone', 'The client left before its request was whole', { status: 499 }));
    const read = () => {
      for (let part: Buffer | null = socket.read(); part !== null; part = socket.read()) {
        parts.push(part.subarray(0, missing));
        const rest = part.subarray(missing);
        missing -= Math.min(missing, part.length);
        if (missing > 0) continue;
        if (rest.length > 0) socket.unshift(rest);
        settle();
        return;
      }
    };
    socket.on('readable', read);
    socket.on('end', gone);
    socket.on('close', gone);
    read();
  });
}
