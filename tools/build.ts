import { AGENT_BUNDLE, buildAgent } from './build/agent.js';
import { buildCli, CLI_BUNDLE } from './build/cli.js';
import { buildHub, HUB_FOLDER } from './build/hub.js';
import { buildPanel, PANEL_FOLDER } from './build/panel.js';
import { buildPlugin, PLUGIN_FOLDER } from './build/plugin.js';

const PARTS = {
  agent: [AGENT_BUNDLE, buildAgent],
  panel: [PANEL_FOLDER, async () => (await buildPanel()).bytes],
  hub: [HUB_FOLDER, buildHub],
  cli: [CLI_BUNDLE, buildCli],
  plugin: [PLUGIN_FOLDER, buildPlugin],
} as const;

// Builds everything, or the named parts.
const named = process.argv.slice(2);
for (const [name, [path, build]] of Object.entries(PARTS)) {
  if (named.length > 0 && !named.includes(name)) continue;
  console.log(`${path}  ${((await build()) / 1024).toFixed(0)} KB`);
}
