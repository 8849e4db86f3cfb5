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
 * Sends `bytes` as they are and reads one answer, or until the other side closes.
 * @param ms time limit
 */
export async function rawHttp(port: number, bytes: string | Buffer, ms = 60_000): Promise<RawHttpAnswer> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  // A server that has answered may cut what it did not read.
  socket.on('error', () => undefined);
  socket.setTimeout(ms, () => socket.destroy());
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    if (isWhole(text)) socket.destroy();
  });
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  const [head = ''] = text.split('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, code: /"code":"([a-z-]+)"/.exec(text.slice(head.length))?.[1] };
}

/** As far as its length was announced. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(text.slice(0, end))?.[1];
  return end !== -1 && length !== undefined && text.length >= end + 4 + Number(length);
}

/** A request as text; the caller says everything but the host. */
export function requestText(
  method: string,
  target: string,
  headers: readonly string[] = [],
  body: string | Buffer = '',
): Buffer {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: hub', ...headers, '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(body)]);
}
