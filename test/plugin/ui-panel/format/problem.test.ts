import test from 'ava';
import { nextStep } from '../../../../plugin/ui-panel/format/problem.js';

test('next step: is the one of the code', (t) => {
  t.is(nextStep('agent-too-old'), 'Update the agent: new image, same command.');
});

test('next step: a code may be any text of an agent, also one that every object knows', (t) => {
  for (const code of ['constructor', '__proto__', 'toString', '']) t.is(nextStep(code), null);
});
