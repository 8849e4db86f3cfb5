import type { LabEngine } from '../../../tools/lab/engine.js';

/**
 * Stops all processes of a container (SIGSTOP), unnoticed by the engine: connections stay open, nothing
 * is read or answered. Resolves to a function that resumes them.
 */
export async function freezeContainer(engine: LabEngine, container: string): Promise<() => Promise<void>> {
  const { stdout } = await engine.docker(['top', container, '-eo', 'pid']);
  const pids = stdout.trim().split('\n').slice(1);
  const signal = async (name: string) => void (await engine.runInside('kill', ['-s', name, ...pids]));
  await signal('STOP');
  return () => signal('CONT');
}
