import { request } from 'node:https';

/** Calls a hub's API over TLS, with the hub's own CA. */
export class HubClient {
  /** Bearer token of later calls. */
  token: string | undefined;
  readonly #origin: string;
  readonly #ca: string;

  constructor(origin: string, ca: string) {
    this.#origin = origin;
    this.#ca = ca;
  }

  /** The parsed answer. Fails on any status but 2xx, with the hub's error. */
  call<T>(method: string, path: string, body?: object): Promise<T> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const options = { method, headers, ca: this.#ca, agent: false };
      const req = request(`${this.#origin}${path}`, options, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        res.on('error', reject).on('end', () => {
          const status = res.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${status} ${text}`));
        });
      });
      req.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
