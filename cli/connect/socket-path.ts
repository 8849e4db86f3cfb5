import { lstat, mkdir, rm } from 'node:fs/promises';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { codeOf } from '../../protocol/problems/problem.js';
import { contextNameOf } from '../docker/context-name.js';
import { EXIT, Failure } from '../failure.js';
import type { Session } from '../session.js';

/** The shortest limit of our platforms, macOS's, without the final zero. */
const MAX_PATH_BYTES = 103;

/** Where the socket of an environment, or of one of its nodes, is by default: a folder that only this user can access. */
export function defaultSocketPath(
  { runtime, folder }: Pick<Session, 'runtime' | 'folder'>,
  { id, name }: { readonly id: number; readonly name: string },
  node: string | undefined,
): string {
  const { XDG_RUNTIME_DIR } = runtime.env;
  const base = XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'fairlead') : join(folder, 'sockets');
  return join(base, `${contextNameOf({ id, name: node === undefined ? name : `${name}-${node}` })}.sock`);
}

/**
 * Prepares a path for a new socket: creates its folder, and removes the socket of a process that ended without doing so.
 * @throws Failure if a process listens there, or the path is something else
 */
export async function claimSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Failure(`The path of the socket is longer than ${MAX_PATH_BYTES} bytes: ${path}`, {
      exitCode: EXIT.usage,
      nextStep: 'Choose a shorter one with --socket',
    });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const existing = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (existing === undefined) return;
  const another = { nextStep: 'Choose another path with --socket' };
  if (!existing.isSocket()) throw new Failure(`${path} exists, and is not a socket`, another);
  if (await isListening(path)) throw new Failure(`Another process listens on ${path}`, another);
  await rm(path, { force: true });
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // Anything but a refusal, such as a full backlog or a lack of permission, is a live one.
    socket.once('error', (error) => resolve(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT'));
  });
}
