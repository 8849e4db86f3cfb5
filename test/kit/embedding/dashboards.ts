import http, { type RequestListener } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import compression from 'compression';
import express from 'express';
import expressSession from 'express-session';
import express4 from 'express4';
import Koa from 'koa';
import compress from 'koa-compress';
import koaSession from 'koa-session';
import type { Plugin } from '../../../plugin/server-hooks/index.js';

/** Middleware that may run before the plugin. */
export type InFront = 'bodies' | 'compression' | 'session';

/** Makes a dashboard's request listener: the plugin at `mount`, behind `inFront`; whatever is not its own is answered `host`. */
export type MakeDashboard = (
  plugin: Plugin,
  mount: string,
  inFront?: readonly InFront[],
  onError?: (error: unknown) => void,
) => RequestListener;

const session = { secret: 'a secret', resave: true, saveUninitialized: true, rolling: true };

const expressMiddleware = (api: typeof express) => ({
  bodies: [api.json(), api.urlencoded({ extended: false }), api.text()],
  compression: [compression({ threshold: 0 })],
  session: [expressSession(session)],
});

function expressDashboard(api: typeof express): MakeDashboard {
  return (plugin, mount, inFront = [], onError = () => undefined) => {
    const app = api();
    for (const kind of inFront) app.use(...expressMiddleware(api)[kind]);
    app.use(mount, plugin.callback);
    app.use((_req, res) => void res.send('host'));
    app.use(((error, _req, res, _next) => {
      onError(error);
      res.destroy();
    }) satisfies express.ErrorRequestHandler);
    return app;
  };
}

const koaMiddleware = (app: Koa) => ({
  bodies: bodyParser(),
  compression: compress({ threshold: 0 }),
  session: koaSession({ rolling: true, renew: true }, app),
});

/** The frameworks that the plugin is tried in. */
export const DASHBOARDS: Readonly<Record<string, MakeDashboard>> = {
  'node:http': (plugin, mount) => (req, res) => {
    const isOurs = mount === '/' || req.url?.startsWith(`${mount}/`);
    if (isOurs) plugin.callback(req, res);
    else res.end('host');
  },
  Koa: (plugin, _mount, inFront = [], onError = () => undefined) => {
    const app = new Koa({ keys: ['a secret'] });
    app.on('error', onError);
    for (const kind of inFront) app.use(koaMiddleware(app)[kind]);
    app.use(plugin.routes);
    app.use((ctx) => {
      ctx.body = 'host';
    });
    return app.callback();
  },
  'Express 5': expressDashboard(express),
  'Express 4': expressDashboard(express4 as unknown as typeof express),
  'an Express app in another': (plugin, mount, inFront, onError) => {
    const [, first = '', rest = ''] = /^(\/[^/]*)(\/.*)?$/.exec(mount) ?? [];
    const inner = expressDashboard(express)(plugin, rest || '/', inFront, onError);
    const outer = express().use(first, inner);
    return outer.use((_req, res) => void res.send('host'));
  },
};

/** A server of it, upgrades included. */
export function serve(plugin: Plugin, listener: RequestListener): http.Server {
  const server = http.createServer(listener);
  server.on('upgrade', (req, socket, head) => {
    if (!plugin.upgrade(req, socket, head)) socket.destroy();
  });
  return server;
}
