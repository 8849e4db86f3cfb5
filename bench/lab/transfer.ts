import http from 'node:http';

/** Address of the source, and the prefix of its paths. */
export type Target = http.RequestOptions & { readonly prefix: string };

/** Downloads this many bytes; resolves to the number received. */
export function download({ prefix, ...target }: Target, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = http.get({ ...target, agent: false, path: `${prefix}/images/get?bytes=${bytes}` }, (res) => {
      let received = 0;
      res.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      res.on('error', reject);
      res.on('end', () => resolve(received));
    });
    req.on('error', reject);
  });
}

const block = Buffer.alloc(64 * 1024, 'fairlead');

/** Uploads this many bytes; resolves to the number the source received. */
export function upload({ prefix, ...target }: Target, bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = http.request(
      {
        ...target,
        agent: false,
        method: 'POST',
        path: `${prefix}/images/load`,
        headers: { 'content-length': bytes },
      },
      (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        res.on('error', reject);
        res.on('end', () => resolve(JSON.parse(text).bytes));
      },
    );
    req.on('error', reject);
    let left = bytes;
    const pump = () => {
      while (left > 0) {
        const chunk = left >= block.length ? block : block.subarray(0, left);
        left -= chunk.length;
        if (!req.write(chunk)) {
          req.once('drain', pump);
          return;
        }
      }
      req.end();
    };
    pump();
  });
}
