import type { Socket } from 'node:net';
import type { Reply } from '../../kit/engine/scripts.js';
import { HOSTILE_PAGE } from './hostile-content.js';

/**
 * Bytes that no engine should send, and what a client may see of them: `refused` is an error of the hub's own, `cut`
 * an answer that starts and visibly breaks, `announced` as many bytes as the head said.
 */
export interface HostileBytes {
  readonly reply: Reply;
  readonly seenAs: 'refused' | 'cut' | 'announced';
}

const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </canary/hint>; rel=preload; as=script\r\n\r\n';

function head(...lines: string[]): string {
  return `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
}

/** The same again for as long as the client reads. */
function endless(first: string, again: string): (socket: Socket) => void {
  const piece = again.repeat(Math.ceil(16_384 / again.length));
  return (socket) => {
    socket.write(first);
    const send = () => {
      while (!socket.destroyed && socket.write(piece));
      if (!socket.destroyed) socket.once('drain', send);
    };
    send();
  };
}

const refused = (reply: Reply): HostileBytes => ({ reply, seenAs: 'refused' });
const cut = (reply: Reply): HostileBytes => ({ reply, seenAs: 'cut' });

/** Each ends by itself or by the hub's bounds. By name. */
export const HOSTILE_BYTES: Readonly<Record<string, HostileBytes>> = {
  'shorter-page': cut(head('Content-Type: text/html', 'Content-Length: 100000') + HOSTILE_PAGE),
  'shorter-json': cut(`${head('Content-Type: application/json', 'Content-Length: 100000')}{"a":`),
  'shorter-text': cut(head('Content-Type: text/plain', 'Content-Length: 100000') + HOSTILE_PAGE),
  'chunks-cut': cut(`${head('Content-Type: application/json', 'Transfer-Encoding: chunked')}2\r\n{}\r\n`),
  'chunk-cut': cut(`${head('Content-Type: text/html', 'Transfer-Encoding: chunked')}FFFF\r\n${HOSTILE_PAGE}`),
  longer: {
    reply: `${head('Content-Type: application/json', 'Content-Length: 2')}{}${HOSTILE_PAGE}`,
    seenAs: 'announced',
  },
  'two-lengths': refused(head('Content-Length: 2', 'Content-Length: 5') + HOSTILE_PAGE),
  'length-and-chunks': refused(
    `${head('Content-Length: 2', 'Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n\r\n`,
  ),
  'no-head': refused(HOSTILE_PAGE),
  nothing: refused(''),
  'half-a-head': refused('HTTP/1.1 200 OK\r\nContent-Ty'),
  'endless-hints': refused(endless('', HINT)),
  'endless-header': refused(endless('HTTP/1.1 200 OK\r\nServer: ', 'x')),
  'endless-headers': refused(endless('HTTP/1.1 200 OK\r\n', 'X-Docker-Y: z\r\n')),
  'status-000': refused(`HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\n{}`),
  'status-999': refused(`HTTP/1.1 999 Most\r\nContent-Length: 2\r\n\r\n{}`),
  'switching-unasked': refused(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n${HOSTILE_PAGE}`,
  ),
};
