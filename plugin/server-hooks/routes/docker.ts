import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { EdgeError } from '../../../protocol/edge-error.js';
import { dockerErrorBody } from '../docker/docker-error.js';
import type { Principal } from '../host.js';
import type { Services } from '../services.js';
import { admit } from './guards/admit.js';

/** A Docker call as its URL tells it; `path` is as sent, not decoded. */
export interface DockerCall {
  readonly environmentId: number;
  readonly path: string;
}

const CALL = /^\/api\/environments\/([1-9][0-9]{0,14})\/docker(\/[^#]*)$/;

/** Recognises `/api/environments/:id/docker/*` in a URL below the mount. */
export function parseDockerCall(url: string): DockerCall | null {
  const match = CALL.exec(url);
  return match?.[1] && match[2] ? { environmentId: Number(match[1]), path: match[2] } : null;
}

/** `ANY /api/environments/:id/docker/*`: past Koa, on the raw request, because bytes stream both ways. */
export async function answerDockerCall(
  services: Services,
  call: DockerCall,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  try {
    const { via } = await admitCaller(services, call, req);
    await services.docker.request(req, res, { ...call, via });
  } catch (error) {
    refuse(res, error);
  }
}

/** The same for `Upgrade: tcp`: attach and exec. */
export async function answerDockerUpgrade(
  services: Services,
  call: DockerCall,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // The HTTP parser took its own listener with it: a caller's reset must not end the process while it is identified.
  socket.on('error', () => socket.destroy());
  try {
    const { via } = await admitCaller(services, call, req);
    await services.docker.upgrade(req, socket, head, { ...call, via });
  } catch (error) {
    refuseUpgrade(socket, error);
  }
}

function refuse(res: ServerResponse, error: unknown): void {
  const { status, headers, body } = dockerErrorBody(error);
  if (res.headersSent) return;
  res.writeHead(status, headers);
  res.end(body);
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, headers, body } = dockerErrorBody(error);
  const lines = Object.entries({ ...headers, connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.once('finish', () => socket.destroy());
}

async function admitCaller(services: Services, call: DockerCall, req: IncomingMessage): Promise<Principal> {
  const principal = await admit(services.host, req, 'docker', call.environmentId);
  if (!services.store.environment(call.environmentId)) {
    throw new EdgeError('environment-not-found', 'There is no such environment', { status: 404 });
  }
  return principal;
}
