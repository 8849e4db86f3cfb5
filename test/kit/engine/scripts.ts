import type { Socket } from 'node:net';
import type { EngineScript } from './double.js';

/** What an engine sends once it has read the head of a request: bytes and an end, or what the test wants. */
export type Reply = string | Buffer | ((socket: Socket) => void);

/** An answer as an engine would give it; it closes the connection. */
export function httpAnswer(type: string, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const lines = ['HTTP/1.1 200 OK', ...(type === '' ? [] : [`Content-Type: ${type}`]), ...headers];
  const head = `${[...lines, `Content-Length: ${bytes.length}`, 'Connection: close'].join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** A stream with one event that stays open until the client leaves. */
export const ONE_EVENT: Reply = (socket) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  socket.once('end', () => socket.end());
  socket.write(`${head}3\r\n{}\n\r\n`);
};

/** Gives each request head the same bytes for an answer, then ends (or not). */
export function answering(answer: string | Buffer, end: 'end' | 'keep' = 'end'): EngineScript {
  return (socket, seen) => {
    let answered = false;
    socket.on('data', () => {
      if (answered || !seen().includes('\r\n\r\n')) return;
      answered = true;
      socket.write(answer);
      if (end === 'end') socket.end();
    });
  };
}

/**
 * Answers the first request of a connection by the last segment of its path; an empty answer where `replies` has none.
 * @param requests gets each request as `METHOD /path`
 */
export function answeringByPath(
  replies: Readonly<Record<string, Reply>>,
  requests: string[] = [],
): (socket: Socket) => void {
  return (socket) => {
    socket.on('error', () => socket.destroy());
    let head = '';
    const read = (chunk: Buffer) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      socket.resume();
      const [, method = '', path = ''] = /^(\S+) ([^ ?]*)/.exec(head) ?? [];
      requests.push(`${method} ${path}`);
      const reply = replies[path.slice(path.lastIndexOf('/') + 1)] ?? httpAnswer('text/plain', '');
      if (typeof reply === 'function') reply(socket);
      else socket.end(reply);
    };
    socket.on('data', read);
  };
}
