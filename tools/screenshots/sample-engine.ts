import { LabEngine } from '../lab/engine.js';
import { BUSYBOX_IMAGE, makeBusyboxImage } from '../lab/images/base-image.js';

const REQUEST =
  'printf "%s GET /orders/%s 200 %s ms\\n" "$(date -u +%T)" $((n * 37 % 9000)) $((n * 13 % 90))';
const FAILURE = 'echo "$(date -u +%T) upstream answered late, asked again" >&2';
/** A service that writes log lines. */
const SERVE = `n=0; while :; do n=$((n + 1)); ${REQUEST}; [ $((n % 9)) -eq 0 ] && ${FAILURE}; sleep 0.3; done`;

const PROJECT = 'com.docker.compose.project';
const CONTAINERS = [
  { name: 'shop-web-1', image: 'shop/web:4.2', ports: ['-p', '8080:8080'], project: 'shop', command: SERVE },
  { name: 'shop-web-2', image: 'shop/web:4.2', ports: [], project: 'shop', command: SERVE },
  { name: 'shop-worker-1', image: 'shop/worker:4.2', ports: [], project: 'shop', command: SERVE },
  { name: 'shop-migrate-1', image: 'shop/worker:4.2', ports: [], project: 'shop', command: 'exit 3' },
  { name: 'gateway', image: 'gateway:2.0', ports: ['-p', '8443:8443'], project: '', command: SERVE },
] as const;

/** A private engine in `dir` with some containers, volumes and a network, like a small shop's. */
export async function startSampleEngine(dir: string): Promise<LabEngine> {
  const engine = await LabEngine.create({ parentDir: dir });
  try {
    await makeBusyboxImage(engine);
    for (const image of new Set(CONTAINERS.map(({ image }) => image)))
      await engine.docker(['tag', BUSYBOX_IMAGE, image]);
    await engine.docker(['network', 'create', 'shop_default']);
    for (const name of ['shop_orders', 'shop_uploads']) await engine.docker(['volume', 'create', name]);
    for (const { name, image, ports, project, command } of CONTAINERS) {
      const labels = project ? ['--label', `${PROJECT}=${project}`, '--network', 'shop_default'] : [];
      const options = ['-d', '--init', '--name', name, '-v', 'shop_orders:/data', ...ports, ...labels];
      await engine.docker(['run', ...options, image, 'sh', '-c', command]);
    }
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}
