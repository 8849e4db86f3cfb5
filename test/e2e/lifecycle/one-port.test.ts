import { labTest } from '../../kit/engine/lab.js';
import { freePort } from '../../kit/free-port.js';
import { openTunnel, startHubAndAgent } from '../../kit/hub-and-agent.js';

labTest('one port: where the tunnel port is closed, the tunnel opens by the API', async (t) => {
  const { hub, created, agent } = await startHubAndAgent(t, {
    environment: async () => ({ tunnelAddress: `127.0.0.1:${await freePort()}` }),
  });
  t.teardown(() => {
    if (!t.passed) for (const line of agent.child.lines) t.log(line);
  });
  await openTunnel(hub, created.id);
  await agent.child.untilLine(/"path":"api".*"tunnel open"/);
  const answer = await hub.call('GET', `/edge/api/environments/${created.id}/docker/_ping`);
  t.is(answer.body, 'OK');
});
