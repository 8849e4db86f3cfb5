import https from 'node:https';

export interface HubRequest {
  readonly url: string;
  readonly method?: string;
  readonly token?: string | null;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** PEM of the only CA to trust; null: the public ones. */
  readonly ca: string | null;
  /** For the CA's own download: nothing secret is sent or believed. */
  readonly isInsecure?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly agent?: https.Agent | undefined;
}

export interface HubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const TIMEOUT_MS = 30_000;
/** A page of 500 environments is below 1 MiB. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Sends one request. Redirects are not followed: the token is for this address only.
 * @throws Node's errors of DNS, TCP and TLS; `ETIMEDOUT`
 */
export function sendToHub(request: HubRequest): Promise<HubAnswer> {
  const { url, method = 'GET', token, body, ca, isInsecure = false, signal, agent } = request;
  const { timeoutMs = TIMEOUT_MS } = request;
  if (isInsecure && (token != null || body !== undefined))
    throw new Error('nothing secret is sent unverified');
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = {
    accept: 'application/json',
    'user-agent': 'fairlead-cli',
    ...(token == null ? {} : { authorization: `Bearer ${token}` }),
    ...(bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}),
  };
  return new Promise((resolve, reject) => {
    const req = https.request(url, {
      method,
      headers,
      agent: agent ?? false,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: !isInsecure,
      ...(ca === null ? {} : { ca }),
      ...(signal ? { signal } : {}),
    });
    const deadline = setTimeout(() => {
      const error = new Error(`no answer within ${timeoutMs / 1000} s`);
      req.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(deadline);
      reject(error);
    };
    req.on('error', fail);
    req.on('response', (res) => {
      const chunks: Buffer[] = [];
      let size = 0;
      res.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) req.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      res.on('error', fail);
      res.on('end', () => {
        clearTimeout(deadline);
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    req.end(bytes);
  });
}
