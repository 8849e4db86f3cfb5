import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Middleware } from 'koa';
import type { Host } from '../../../../plugin/server-hooks/host.js';

/** The smallest plugin that shows what a host gave it and how it treats streams and upgrades. */
export function createPlugin(options: { mount: string; bind: string; tunnelPort: number }, host: Host) {
  const tunnels = createServer();

  const routes: Middleware = async (ctx, next) => {
    if (!ctx.path.startsWith(`${options.mount}/`)) return next();
    const principal = await host.authenticate(ctx.req);
    if (principal === null) {
      ctx.status = 401;
      return;
    }
    if (ctx.path === `${options.mount}/boom`) throw new Error('boom: a secret');
    if (ctx.path === `${options.mount}/escape`) {
      // Not at the top: tests copy this file.
      const { problem } = await import('../../../../protocol/problems.js');
      throw problem('rate-limited', { detail: 'a secret' });
    }
    if (ctx.path === `${options.mount}/upload`) {
      let size = 0;
      for await (const chunk of ctx.req) size += chunk.length;
      ctx.body = { size };
      return;
    }
    if (ctx.path === `${options.mount}/silent`) {
      ctx.respond = false;
      ctx.res.writeHead(200).write('begun');
      return;
    }
    const { ended: _, ...plain } = principal;
    ctx.body = { principal: plain, options, ca: host.caCertificate };
  };

  return {
    routes,
    callback: () => undefined,
    /** `/edge/wc` answers, once the client has ended its side, with how many bytes it sent. */
    upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
      if (req.url === `${options.mount}/throw`) throw new Error('boom');
      if (req.url !== `${options.mount}/wc`) return false;
      let size = head.length;
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      socket.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      // Not in the same turn: a server that ends its side by itself would have done so by then.
      socket.on('end', () => setImmediate(() => socket.end(`${size} bytes`)));
      return true;
    },
    async start() {
      tunnels.listen(options.tunnelPort, options.bind);
      await once(tunnels, 'listening');
      return { tunnelPort: (tunnels.address() as AddressInfo).port };
    },
    async stop() {
      if (!tunnels.listening) return;
      tunnels.close();
      await once(tunnels, 'close');
    },
  };
}
