import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { containerName, docker } from '../../kit/docker/compare.js';
import { startDockerSetup } from '../../kit/docker/setup.js';
import { BUSYBOX_IMAGE, serialLabTest } from '../../kit/engine/lab.js';

/** `FAIRLEAD_ROUNDS=500` for a longer run. */
const ROUNDS = Number(process.env.FAIRLEAD_ROUNDS ?? 40);
const BODY = Buffer.alloc(20 * 1024 * 1024);

serialLabTest('docker upload: an answer before the end of the body always arrives', async (t) => {
  const setup = await startDockerSetup(t);
  const name = containerName(t, setup);
  await docker(t, setup.local, ['create', '--name', name, BUSYBOX_IMAGE]);
  const { hub, environmentId } = setup;
  const url = `${hub.origin}/edge/api/environments/${environmentId}/docker/containers/${name}/archive?path=/no/such`;
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await new Promise<string>((resolve) => {
      const req = request(url, {
        method: 'PUT',
        rejectUnauthorized: false,
        agent: false,
        headers: { authorization: `Bearer ${hub.token}`, 'content-length': BODY.length },
      });
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
    seen.set(answer, (seen.get(answer) ?? 0) + 1);
  }
  const [[text = ''] = [], ...others] = seen;
  t.regex(text, /^404 .*no.such/i);
  t.deepEqual(others, []);
});
