import test from 'ava';
import { systemClock } from '../../../../../protocol/time/clock.js';
import { tunnelPair } from '../../../../kit/tunnel/pair.js';

test.serial('tunnel: a hundred listeners, one for each call, cause no leak warning', async (t) => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  t.teardown(() => process.off('warning', warned));
  const { tunnel } = await tunnelPair(t, { clock: systemClock });
  for (let call = 0; call < 100; call++) tunnel.closed.addEventListener('abort', () => undefined);
  // Warnings are emitted in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(
    warnings.map(({ name }) => name),
    [],
  );
});
