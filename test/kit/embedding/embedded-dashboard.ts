import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueServerCertificate, makeAuthority } from '../../../protocol/certificates/authority.js';
import { type Child, startChild } from '../child.js';
import { type HubApi, hubApi } from '../hub/api.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { type ForeignProject, makeForeignProject } from './foreign-project.js';
import { readSamples } from './samples.js';

const PACKAGES = [
  '@fastify/websocket',
  '@hono/node-server',
  '@koa/bodyparser',
  'compression',
  'express',
  'express4',
  'express-session',
  'fastify',
  'hono',
  'koa',
  'koa-compress',
  'koa-session',
  'pino',
  'socket.io',
  'ws',
];

/** A foreign project with all samples in it, and a certificate for `localhost`. */
export interface SampleProject extends ForeignProject {
  /** PEM of the certificate's CA. */
  readonly ca: string;
}

/** A sample that runs. Alice is its admin. */
export interface Dashboard {
  readonly child: Child;
  readonly port: number;
  readonly tunnelPort: number;
  readonly ca: string;
  readonly alice: HubApi;
  /** Read-only. */
  readonly bob: HubApi;
}

export const TOKENS = { ALICE_TOKEN: 'alices-token', BOB_TOKEN: 'bobs-token' };

/** Makes it; `express4.mjs` is `express.mjs` with the older Express. */
export async function makeSampleProject(t: Scope): Promise<SampleProject> {
  const project = await makeForeignProject(t, PACKAGES);
  const put = (name: string, text: string) => writeFile(join(project.folder, name), text);
  for (const [name, text] of await readSamples()) {
    await put(name, text);
    if (name === 'express.mjs') await put('express4.mjs', text.replace("from 'express'", "from 'express4'"));
  }
  const authority = await makeAuthority(randomBytes);
  const server = await issueServerCertificate(authority, ['localhost'], Date.now(), randomBytes);
  await put('cert.pem', server.certificate + authority.certificate);
  await put('key.pem', server.key);
  return { ...project, ca: authority.certificate };
}

/** Starts one of them on free ports. With `like` it is the restart of an ended one. */
export async function startDashboard(
  t: Scope,
  { folder, ca }: SampleProject,
  sample: string,
  like?: { readonly port: number; readonly tunnelPort: number; readonly dataDir: string },
): Promise<Dashboard> {
  const at = (name: string) => join(folder, name);
  const child = startChild(t, process.execPath, [at(sample)], {
    PATH: process.env.PATH,
    PORT: String(like?.port ?? 0),
    TUNNEL_PORT: String(like?.tunnelPort ?? 0),
    DATA_DIR: like?.dataDir ?? (await tempFolder(t)),
    TLS_CERT: at('cert.pem'),
    TLS_KEY: at('key.pem'),
    SESSION_SECRET: 'a secret of this test',
    ...TOKENS,
  });
  const [, port, tunnelPort] =
    /^https port (\d+), tunnel port (\d+)$/.exec(await child.untilLine(/^https port /, 90_000)) ?? [];
  const origin = `https://localhost:${port}`;
  return {
    child,
    port: Number(port),
    tunnelPort: Number(tunnelPort),
    ca,
    alice: hubApi(t, { origin, token: TOKENS.ALICE_TOKEN, caPem: ca }),
    bob: hubApi(t, { origin, token: TOKENS.BOB_TOKEN, caPem: ca }),
  };
}
