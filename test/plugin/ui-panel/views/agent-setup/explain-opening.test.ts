import test from 'ava';
import { explainOpening } from '../../../../../plugin/ui-panel/views/agent-setup/explain-opening.js';

test('explain opening: the failed step, its code and a next step', (t) => {
  const cases = [
    [explainOpening('refused', 'edge-id-mismatch'), /rejected/, /EDGE_ID/],
    [explainOpening('check-in', 'environment-not-associated'), /does not answer/, /Run the command/],
    [explainOpening('tunnel', 'hub-refused'), /tunnel does not open/, /Nothing listens at the tunnel/],
    [explainOpening('tunnel', 'tunnel-fingerprint-mismatch'), /tunnel does not open/, /Another server/],
    [explainOpening('engine', 'engine-unreachable'), /engine does not answer/, /Docker is running/],
  ] as const;
  for (const [{ title, nextStep }, isTitle, isStep] of cases) {
    t.regex(title, isTitle);
    t.regex(nextStep, isStep);
  }
});

test('explain opening: an unknown code has its step’s default; no code is a timeout', (t) => {
  const unknown = explainOpening('tunnel', 'something-new');
  t.is(unknown.code, 'something-new');
  t.is(explainOpening('tunnel', null).nextStep, unknown.nextStep);
  t.regex(explainOpening('tunnel', null).code, /in time/);
  t.is(explainOpening('tunnel', 'constructor').nextStep, unknown.nextStep);
});
