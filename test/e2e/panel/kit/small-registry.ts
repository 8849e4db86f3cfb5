import { readFile } from 'node:fs/promises';
import type { LabEngine } from '../../../../tools/lab/engine.js';
import { BASE_IMAGE, makeBaseImage } from '../../../../tools/lab/images/base-image.js';

const NAME = 'registry';

/** A registry on the engines' own loopback, where they accept one without TLS; see `registry-script.mjs`. */
export interface SmallRegistry {
  readonly open: string;
  /** For `ada` with the password `lovelace`. */
  readonly locked: string;
  /** Lets go of the layer it holds back. */
  release(): Promise<unknown>;
}

/** Starts it as a container of the engine; it ends with the engine. */
export async function startSmallRegistry(engine: LabEngine): Promise<SmallRegistry> {
  await makeBaseImage(engine);
  const script = await readFile(new URL('registry-script.mjs', import.meta.url), 'utf8');
  const command = ['node', '--input-type=module', '-e', script];
  await engine.docker(['run', '-d', '--init', '--network', 'host', '--name', NAME, BASE_IMAGE, ...command]);
  await engine.docker(['exec', NAME, 'sh', '-c', 'until [ -e /tmp/ready ]; do sleep 0.1; done']);
  return {
    open: '127.0.0.1:5000',
    locked: '127.0.0.1:5001',
    release: () => engine.docker(['exec', NAME, 'touch', '/tmp/go']),
  };
}
