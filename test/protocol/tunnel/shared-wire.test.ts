import test from 'ava';
import { SharedWire } from '../../../protocol/tunnel/shared-wire.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';

test('shared wire: bulk bytes count for a minute of the tunnel’s own silence, and again once it speaks', (t) => {
  const clock = new FakeClock();
  const own = { bytesRead: 5 };
  let bulk = 0;
  const wire = new SharedWire(own, () => bulk, clock);
  t.is(wire.bytesRead, 5);
  for (let second = 1; second < 60; second++) {
    clock.advance(1_000);
    bulk++;
    t.is(wire.bytesRead, 5 + bulk);
  }
  for (let second = 60; second < 70; second++) {
    clock.advance(1_000);
    bulk++;
    t.is(wire.bytesRead, 5 + 59);
  }
  own.bytesRead = 6;
  t.is(wire.bytesRead, 6 + bulk);
});
