import type { Context } from 'koa';
import type { z } from 'zod';
import { type Problem, problem } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';

const MAX_BYTES = 16 * 1024;
const DEADLINE_MS = 10_000;

/**
 * Reads and checks a small JSON body. The host reads bodies only on its own routes: below the plugin's mount the plugin
 * streams them.
 * @throws {Problem} `body-too-large` (413), `body-too-slow` (408), `bad-request` (400)
 */
export async function readJson<T>(ctx: Context, schema: z.ZodType<T>, clock: Clock): Promise<T> {
  const text = await readText(ctx, clock);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw problem('bad-request', { detail: 'The body is not JSON' });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw problem('bad-request', {
    detail: `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'cannot be used'}`,
  });
}

function readText({ req, res }: Context, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    // Drain the request instead of destroying it, which would close the response's socket.
    const refuse = (error: Problem) => {
      cancel();
      req.off('data', keep).resume();
      if (req.httpVersionMajor === 1) res.setHeader('Connection', 'close');
      reject(error);
    };
    const keep = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_BYTES)
        refuse(problem('body-too-large', { detail: `The body is larger than ${MAX_BYTES} bytes` }));
    };
    const cancel = clock.after(DEADLINE_MS, () => refuse(problem('body-too-slow')));
    req.on('data', keep);
    req.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    const cut = () => {
      cancel();
      reject(problem('bad-request', { detail: 'The body was truncated' }));
    };
    req.once('error', cut);
    req.once('close', cut);
  });
}
