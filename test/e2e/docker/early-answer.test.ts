import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { containerName, docker } from '../../kit/docker/compare.js';
import { type PortSetup, startPortSetup } from '../../kit/docker/port-setup.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';

/** `FAIRLEAD_ROUNDS=500` for a longer run. */
const ROUNDS = Number(process.env.FAIRLEAD_ROUNDS ?? 40);
const BODY = Buffer.alloc(20 * 1024 * 1024);

serialLabTest('docker upload: an answer before the end of the body always arrives', async (t) => {
  const setup = await startPortSetup(t);
  const name = containerName(t, setup);
  await docker(t, setup.local, ['create', '--name', name, BUSYBOX_IMAGE]);
  const path = `/containers/${name}/archive?path=/no/such`;
  for (const [way, { base, ...options }] of Object.entries(hubWays(setup))) {
    const seen = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const answer = await upload(`${base}${path}`, options);
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    }
    const [[text = ''] = [], ...others] = seen;
    t.regex(text, /^404 .*no.such/i, way);
    t.deepEqual(others, [], way);
  }
});

function hubWays({
  hub,
  environmentId,
  port,
}: PortSetup): Readonly<Record<string, RequestOptions & { base: string }>> {
  const { ca, certificate: cert, key = '', host } = port.access;
  return {
    'base path': {
      base: `${hub.origin}/edge/api/environments/${environmentId}/docker`,
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${hub.token}` },
    },
    'Docker port': { base: host.replace('tcp:', 'https:'), ca, cert, key },
  };
}

/** Sends the body in full, whatever comes back meanwhile. Resolves to the answer, or to the error in its place. */
function upload(url: string, options: RequestOptions): Promise<string> {
  return new Promise((resolve) => {
    const req = request(url, { ...options, method: 'PUT', agent: false });
    req.setHeader('content-length', BODY.length);
    req.on('error', (error) => resolve(error.message));
    req.on('response', (res: IncomingMessage) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('error', (error) => resolve(error.message));
      res.on('end', () => {
        req.destroy();
        resolve(`${res.statusCode} ${JSON.parse(text).message}`);
      });
    });
    req.end(BODY);
  });
}
