import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { EXIT, Failure } from '../failure.js';
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
    const stop = () => reject(new Failure('Interrupted', { exitCode: EXIT.interrupted }));
    lines.once('line', resolve);
    // On a terminal in raw mode Ctrl-C is a character, not a signal.
    lines.once('SIGINT', stop);
    lines.once('close', () => reject(new Failure('No answer', { exitCode: EXIT.usage })));
    interrupted.addEventListener('abort', stop, { once: true });
  }).finally(() => {
    lines.close();
    if (isSecret) stderr.write('\n');
  });
}

/** The first line of standard input: a secret from a file or another program. */
export async function readSecretFromStdin({ stdin }: Runtime, what: string): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > MAX_STDIN_BYTES) break;
  }
  const [first = ''] = text.split('\n', 1);
  const secret = first.trim();
  if (secret === '') throw new Failure(`No ${what} on standard input`, { exitCode: EXIT.usage });
  return secret;
}
