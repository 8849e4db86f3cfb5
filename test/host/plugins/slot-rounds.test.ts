import test from 'ava';
import { startScriptedEngine } from '../../kit/engine/scripted-engine.js';
import { ONE_EVENT } from '../../kit/engine/scripts.js';
import { runRounds, startHostAndAgent } from '../../kit/hub/plugin-rounds.js';

const ROUNDS = 50;
const INVENTORY_EVERY = 10;
/** A plugin that something still holds is many times as large. */
const OBJECTS_PER_ROUND = 10;

test(`plugin life: ${ROUNDS} times off and on, its agent returns each time and nothing leaks`, async (t) => {
  t.timeout(600_000);
  const engine = await startScriptedEngine(t, { events: ONE_EVENT });
  const setup = await startHostAndAgent(t, engine.socketPath);
  const ping = `/edge/api/environments/${setup.id}/docker/_ping`;
  const { objects } = await runRounds(t, setup, {
    rounds: ROUNDS,
    inventoryEvery: INVENTORY_EVERY,
    use: async () => {
      t.is((await setup.api.call('GET', ping)).body, 'OK');
    },
  });
  const grown = ((objects.at(-1) ?? 0) - (objects[0] ?? 0)) / (ROUNDS - INVENTORY_EVERY);
  t.log(`${grown.toFixed(1)} objects more a round`);
  t.true(grown < OBJECTS_PER_ROUND, objects.join(' '));
});
