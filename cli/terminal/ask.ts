import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EXIT, Failure, interruption } from '../failure.js';
import type { Runtime } from '../runtime.js';
import { printable } from './printable.js';

/** A password or token is far shorter. */
const MAX_STDIN_BYTES = 64 * 1024;

/** Asks on the terminal and resolves with the line typed. A secret is not shown. */
export function ask(
  { stdin, stderr, interrupted }: Runtime,
  question: string,
  { isSecret = false } = {},
): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: isSecret ? silent : stderr, terminal: true });
  stderr.write(printable(question));
  return new Promise<string>((resolve, reject) => {
    const stop = () => reject(interruption());
    lines.once('line', resolve);
    // On a terminal in raw mode Ctrl-C is a character, not a signal.
    lines.once('SIGINT', stop);
    lines.once('close', () => reject(new Failure('No answer', { exitCode: EXIT.usage })));
    interrupted.addEventListener('abort', stop, { once: true });
    if (interrupted.aborted) stop();
  }).finally(() => {
    lines.close();
    if (isSecret) stderr.write('\n');
  });
}

/** The first line of standard input: a secret from a file or another program. */
export async function readSecretFromStdin({ stdin, interrupted }: Runtime, what: string): Promise<string> {
  const text = await new Promise<string>((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const end = () => resolve(bytes.toString('utf8'));
    stdin.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, Buffer.from(chunk)]);
      // The other program may stay.
      if (bytes.includes('\n') || bytes.length > MAX_STDIN_BYTES) end();
    });
    stdin.once('end', end);
    stdin.once('error', reject);
    interrupted.addEventListener('abort', () => reject(interrupted.reason), { once: true });
    if (interrupted.aborted) reject(interrupted.reason);
  }).finally(() => stdin.destroy());
  const [first = ''] = text.split('\n', 1);
  const secret = first.trim();
  if (secret === '') throw new Failure(`No ${what} on standard input`, { exitCode: EXIT.usage });
  return secret;
}
