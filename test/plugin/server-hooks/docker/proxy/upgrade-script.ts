import type { EngineScript } from '../../../../kit/engine/double.js';

/** An engine that accepts an upgrade. */
export const SWITCH =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

/** The start of an exec, as the docker client sends it. */
export function exec(body: string, extra = ''): string {
  return `POST /1/exec/1/start HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** An engine that switches, says what it got once stdin ends, and only then ends itself. */
export const repeating: EngineScript = (socket, seen) => {
  socket.once('data', () => socket.write(SWITCH));
  socket.on('end', () => socket.end(`got ${seen().slice(seen().indexOf('\r\n\r\n') + 4)}`));
};
