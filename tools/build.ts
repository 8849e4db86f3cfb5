import { AGENT_BUNDLE, buildAgent } from './build-agent.js';
import { buildHub, HUB_FOLDER } from './build-hub.js';

const show = (path: string, bytes: number) => console.log(`${path}  ${(bytes / 1024).toFixed(0)} KB`);
show(AGENT_BUNDLE, await buildAgent());
show(HUB_FOLDER, await buildHub());
