import { LabEngine } from './engine.js';
import { buildAgentImage } from './images/agent-image.js';
import { makeBaseImage, makeBusyboxImage } from './images/base-image.js';

/** Content of `FAIRLEAD_LAB`, for the test processes of a run. */
export interface LabDescription {
  readonly socketPath: string;
  readonly gateway: string;
  readonly address: string;
  readonly clientEnv: Readonly<Record<string, string>>;
}

/** Starts the engine that all e2e files of a run share, with the lab images in it. */
export async function startSharedEngine(): Promise<{ description: string; close(): Promise<void> }> {
  const engine = await LabEngine.create();
  try {
    await makeBusyboxImage(engine);
    await makeBaseImage(engine);
    await buildAgentImage(engine);
  } catch (error) {
    await engine.close();
    throw error;
  }
  const { socketPath, gateway, address, clientEnv } = engine;
  const description: LabDescription = { socketPath, gateway, address, clientEnv };
  return { description: JSON.stringify(description), close: () => engine.close() };
}
