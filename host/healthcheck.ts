import { request } from 'node:https';
import type { HostConfig } from './config.js';

const ANSWER_MS = 5_000;

/** Whether this machine's dashboard with these settings answers `GET /healthz` with 200 within 5 s. */
export function isHealthy({ bind, port }: Pick<HostConfig, 'bind' | 'port'>): Promise<boolean> {
  const host = bind === '0.0.0.0' ? '127.0.0.1' : bind === '::' ? '::1' : bind;
  return new Promise((resolve) => {
    const req = request(
      // The certificate need not name the loopback address.
      { host, port, path: '/healthz', rejectUnauthorized: false, agent: false, timeout: ANSWER_MS },
      (res) => {
        res.resume();
        resolve(res.statusCode === 200);
      },
    );
    req.on('timeout', () => req.destroy());
    req.on('error', () => resolve(false));
    req.on('close', () => resolve(false));
    req.end();
  });
}
