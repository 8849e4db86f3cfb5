import { PassThrough } from 'node:stream';
import test from 'ava';
import { interruption } from '../../../cli/failure.js';
import type { Runtime } from '../../../cli/runtime.js';
import { ask, readSecretFromStdin } from '../../../cli/terminal/ask.js';

function makeRuntime() {
  const interrupt = new AbortController();
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  const runtime = { stdin, stderr, interrupted: interrupt.signal } as unknown as Runtime;
  return { runtime, stdin, interrupt: () => interrupt.abort(interruption()) };
}

test('standard input: one line is enough, before its end', async (t) => {
  const { runtime, stdin } = makeRuntime();
  const secret = readSecretFromStdin(runtime, 'token');
  stdin.write(' flt_ä');
  stdin.write('b \nmore');
  t.is(await secret, 'flt_äb');
});

test('standard input: an empty one, or one without a line, is a failure', async (t) => {
  for (const text of ['', '\n', '  \nmore']) {
    const { runtime, stdin } = makeRuntime();
    stdin.end(text);
    await t.throwsAsync(readSecretFromStdin(runtime, 'token'), { message: 'No token on standard input' });
  }
  const { runtime, stdin } = makeRuntime();
  stdin.end('flt_a');
  t.is(await readSecretFromStdin(runtime, 'token'), 'flt_a');
});

test('standard input: an interrupt ends the wait for it', async (t) => {
  const { runtime, interrupt } = makeRuntime();
  const secret = readSecretFromStdin(runtime, 'token');
  interrupt();
  await t.throwsAsync(secret, { message: 'Interrupted' });
  await t.throwsAsync(readSecretFromStdin(runtime, 'token'), { message: 'Interrupted' });
});

test('question: an interrupt before it ends it, too', async (t) => {
  const { runtime, interrupt } = makeRuntime();
  interrupt();
  await t.throwsAsync(ask(runtime, 'Password: ', { isSecret: true }), { message: 'Interrupted' });
});
