import { isDeepStrictEqual } from 'node:util';
import type { ExecutionContext } from 'ava';
import { type SessionEnd, startDocker } from './session.js';
import type { DockerSetup, DockerSide } from './setup.js';

/** What the client logs for itself, of goroutines that overtake each other: on the local socket too. */
const CLIENT_LOG = /^time="[^"]*" level=.*\n/gm;

export interface CompareOptions {
  readonly input?: string | Buffer;
  readonly env?: NodeJS.ProcessEnv;
  /** Removes from stdout and stderr what always differs between two runs. */
  readonly normalise?: (text: string) => string;
}

/** The ways through the hub: by base path, and by the Docker port where the hub has one. */
export function hubSides({
  through,
  byPort,
}: Pick<DockerSetup, 'through' | 'byPort'>): readonly DockerSide[] {
  return byPort ? [through, byPort] : [through];
}

/**
 * Does the same on the engine's own socket and then through the hub, by each of {@link hubSides}, and asserts the same outcome.
 * @returns the common outcome
 */
export async function onBothSides<T>(
  t: ExecutionContext,
  setup: Pick<DockerSetup, 'local' | 'through' | 'byPort'>,
  script: (side: DockerSide) => Promise<T>,
): Promise<T> {
  const direct = await script(setup.local);
  for (const side of hubSides(setup)) {
    const through = await script(side);
    // AVA walks megabytes for its report; that only pays if there is something to report.
    if (isDeepStrictEqual(through, direct)) t.pass();
    else t.deepEqual(through, direct);
  }
  return direct;
}

/**
 * Runs a docker command on the engine's own socket and through the hub, and asserts the same output on both
 * streams and the same exit code. IDs are removed. Where `args` is a function, it gets a container name
 * that is another on each side and reads `NAME` in the output.
 */
export function compare(
  t: ExecutionContext,
  setup: DockerSetup,
  args: readonly string[] | ((name: string) => readonly string[]),
  options: CompareOptions = {},
): Promise<SessionEnd> {
  const { input, env = {}, normalise = (text) => text } = options;
  return onBothSides(t, setup, async (side) => {
    const name = typeof args === 'function' ? containerName(t, setup) : null;
    const session = startDocker(t, side, typeof args === 'function' ? args(name ?? '') : args, { env });
    session.stdin.end(input);
    const { stdout, stderr, ...end } = await session.end();
    const clean = (text: string) => normalise(withoutIds(name ? text.replaceAll(name, 'NAME') : text));
    return { ...end, stdout: clean(stdout), stderr: clean(stderr).replace(CLIENT_LOG, '') };
  });
}

/** Runs a docker command on one side to its end, which must be exit code 0. Returns its standard output. */
export async function docker(
  t: ExecutionContext,
  side: DockerSide,
  args: readonly string[],
  options: Pick<CompareOptions, 'input' | 'env'> = {},
): Promise<string> {
  const session = startDocker(t, side, args, { env: options.env ?? {} });
  session.stdin.end(options.input);
  const end = await session.end();
  if (end.code !== 0) throw new Error(`docker ${args.join(' ')} (${side.kind}): ${end.code} ${end.stderr}`);
  return end.stdout;
}

/** Replaces IDs, long or short, and digests. */
export function withoutIds(text: string): string {
  return text.replace(/\b(?=[0-9a-f]*\d)(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g, 'ID');
}

const names = new WeakMap<ExecutionContext, string[]>();
let count = 0;

/** A unique container name; the container of that name is removed at the end of the test. */
export function containerName(t: ExecutionContext, setup: Pick<DockerSetup, 'engine'>): string {
  count += 1;
  const name = `cli-${process.pid}-${count}`;
  const own = names.get(t) ?? [];
  if (own.length === 0) {
    names.set(t, own);
    t.teardown(async () => {
      await setup.engine.docker(['rm', '-f', '-v', ...own], { allowFailure: true });
    });
  }
  own.push(name);
  return name;
}
