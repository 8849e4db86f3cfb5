import net from 'node:net';
import tls from 'node:tls';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { EngineAddress } from '../engine-address.js';
import { toEngineError } from './engine-error.js';

/**
 * Opens a byte pipe to the engine. Half-open sockets are allowed, because `docker exec -i` ends its input
 * long before the output ends. Never goes through a proxy.
 * @param deadlineMs for connecting, TLS handshake included
 * @throws EdgeError `engine-unreachable` or `engine-permission`
 */
export function dialEngine(address: EngineAddress, deadlineMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const ready = socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect';
    const fail = (error: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(toEngineError(error, address));
    };
    const timer = setTimeout(
      () =>
        fail(new EdgeError('engine-unreachable', `The engine did not accept within ${deadlineMs / 1000} s`)),
      deadlineMs,
    );
    socket.once('error', fail);
    socket.once(ready, () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function connect(address: EngineAddress): net.Socket {
  if (address.kind === 'unix') return net.connect({ path: address.path, allowHalfOpen: true });
  const { host, port, tls: options } = address;
  if (options === null) return net.connect({ host, port, allowHalfOpen: true, noDelay: true });
  const secure: tls.ConnectionOptions & Pick<net.TcpNetConnectOpts, 'allowHalfOpen'> = {
    host,
    port,
    allowHalfOpen: true,
    ...(net.isIP(host) ? {} : { servername: host }),
    ...(options.ca === null ? { rejectUnauthorized: false } : { ca: options.ca }),
    ...(options.cert === null || options.key === null ? {} : { cert: options.cert, key: options.key }),
  };
  return tls.connect(secure);
}
