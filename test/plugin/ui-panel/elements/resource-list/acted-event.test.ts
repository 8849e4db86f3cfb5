import test from 'ava';
import { ActedEvent } from '../../../../../plugin/ui-panel/elements/resource-list/acted-event.js';

const earlier = new Error('web was not scaled');

test('acted event: a failed action keeps the failure shown, or replaces it by its own', (t) => {
  t.is(new ActedEvent(false).failureAfter(earlier), earlier);
  t.is(new ActedEvent(false).failureAfter(null), null);
  const next = new Error('db was not scaled');
  t.is(new ActedEvent(false, next).failureAfter(earlier), next);
});

test('acted event: a successful action clears it', (t) => {
  t.is(new ActedEvent(true).failureAfter(earlier), null);
});
