import { AGENT_BUNDLE, buildAgent } from './build-agent.js';

const bytes = await buildAgent();
console.log(`${AGENT_BUNDLE}  ${(bytes / 1024).toFixed(0)} KB`);
