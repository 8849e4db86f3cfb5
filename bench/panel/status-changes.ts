import https from 'node:https';
import { signRequest } from '../../protocol/crypto/request-signature.js';
import { agentOf } from '../lab/many-environments.js';

/**
 * Agents of `many-environments.ts` whose engines go up and down: a fixed number of them changes status each second, in
 * order through environments 1 to `count`. Returns a stop function; failed check-ins are passed to `onError`.
 */
export function changeStatuses(
  { port, count, perSecond }: { port: number; count: number; perSecond: number },
  onError: (error: Error) => void,
): () => void {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
  let next = 0;
  const timer = setInterval(() => {
    const [id, engine] = [1 + (next % count), Math.floor(next / count) % 2 === 0 ? 'down' : 'up'];
    next += 1;
    const { instanceId, secret } = agentOf(id);
    const path = `/agent/check-in?engine=${engine}&tunnel=none`;
    const claim = { environmentId: id, instanceId, timeMs: Date.now() };
    const authorization = signRequest(secret, claim, { method: 'GET', path, body: Buffer.alloc(0) });
    https
      .get({ port, host: '127.0.0.1', path: `/edge${path}`, agent, headers: { authorization } }, (res) => {
        if (res.statusCode !== 200) onError(new Error(`a check-in was answered ${res.statusCode}`));
        // Stopping aborts current check-ins.
        res.on('error', () => undefined).resume();
      })
      .on('error', (error) => timer.hasRef() && onError(error));
  }, 1_000 / perSecond);
  return () => {
    clearInterval(timer);
    timer.unref();
    agent.destroy();
  };
}
