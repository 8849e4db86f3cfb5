import { answersPing, LabEngine } from '../lab/engine.js';
import { BUSYBOX_IMAGE, makeBusyboxImage } from '../lab/images/base-image.js';
import { installEngine } from '../lab/install/engine.js';

/** The demo's engine. */
export interface DemoEngine {
  /** Value for the agent's `DOCKER_HOST`. */
  readonly address: string;
  /** Human-readable description. */
  readonly description: string;
  /** Stops the engine if the demo started it. Safe to call twice. */
  close(): Promise<void>;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * This machine's engine: `DOCKER_HOST`, else the usual socket, else a private one in `dir` for the time of the demo, for
 * which missing packages get installed (Debian and Ubuntu, as root).
 * @throws Error with what to install, if there is none
 */
export async function findEngine(dir: string, say: (line: string) => void): Promise<DemoEngine> {
  const configured = process.env.DOCKER_HOST;
  if (configured) return existing(configured);
  if (await answersPing(DEFAULT_SOCKET)) return existing(DEFAULT_SOCKET);
  say(`no Docker Engine answers on ${DEFAULT_SOCKET}: preparing a private one for this demo`);
  const obstacle = await installEngine(say);
  if (obstacle) throw new Error(`no Docker Engine: start yours, or set DOCKER_HOST. ${obstacle}`);
  // On a machine with systemd the installation has started one.
  if (await answersPing(DEFAULT_SOCKET)) return existing(DEFAULT_SOCKET);
  say(`starting a private Docker Engine in ${dir}`);
  const engine = await LabEngine.create({ parentDir: dir });
  try {
    await makeBusyboxImage(engine);
    // A sample: a new engine has no containers.
    const hello = ['sh', '-c', 'while :; do echo "hello from the demo, $(date)"; sleep 5; done'];
    await engine.docker(['run', '-d', '--init', '--name', 'hello', BUSYBOX_IMAGE, ...hello]);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    address: `unix://${engine.socketPath}`,
    description: `a private one; it cannot pull images, and has ${BUSYBOX_IMAGE} and a container named hello`,
    close: () => engine.close(),
  };
}

function existing(address: string): DemoEngine {
  return { address, description: `this machine's own, ${address}`, close: async () => {} };
}
