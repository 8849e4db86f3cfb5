import { once } from 'node:events';
import net from 'node:net';

/** An answer to bytes that no HTTP client would send. */
export interface RawHttpAnswer {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  /** Status line and headers. */
  readonly head: string;
  /** The `code` of a problem. */
  readonly code: string | undefined;
}

/**
 * Sends `bytes` as they are and reads until the other side closes: the request should say `Connection: close`.
 * `ms`: how long that may take.
 */
export async function rawHttp(port: number, bytes: string | Buffer, ms = 60_000): Promise<RawHttpAnswer> {
  const socket = net.connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // A server that has answered may cut what it did not read.
  socket.on('error', () => undefined);
  socket.setTimeout(ms, () => socket.destroy());
  socket.write(bytes);
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString('latin1');
  const [head = ''] = text.split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, code: /"code":"([a-z-]+)"/.exec(text.slice(head.length))?.[1] };
}

/** A request as text; the caller says everything but the host and that it is the only one. */
export function requestText(
  method: string,
  target: string,
  headers: readonly string[] = [],
  body: string | Buffer = '',
): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: hub', 'Connection: close', ...headers, '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(body)]);
}
