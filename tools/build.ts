import { AGENT_BUNDLE, buildAgent } from './build-agent.js';
import { buildHub, HUB_FOLDER } from './build-hub.js';
import { buildPlugin, PLUGIN_FOLDER } from './build-plugin.js';

const show = (path: string, bytes: number) => console.log(`${path}  ${(bytes / 1024).toFixed(0)} KB`);
show(AGENT_BUNDLE, await buildAgent());
show(HUB_FOLDER, await buildHub());
show(PLUGIN_FOLDER, await buildPlugin());
