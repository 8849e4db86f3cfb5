import http from 'node:http';

const keepAlive = new http.Agent({ keepAlive: true });

/** Calls a hub on a loopback port over a kept connection. */
export function callHub<T>(port: number, method: string, path: string, body?: unknown) {
  return new Promise<{ status: number; body: T }>((resolve, reject) => {
    const req = http.request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: keepAlive,
        headers: { 'content-type': 'application/json' },
      },
      (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk: string) => {
          text += chunk;
        });
        res.on('end', () => {
          const isJson = /json/.test(res.headers['content-type'] ?? '');
          resolve({ status: res.statusCode ?? 0, body: isJson ? JSON.parse(text) : (text as T) });
        });
      },
    );
    req.on('error', reject);
    req.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
