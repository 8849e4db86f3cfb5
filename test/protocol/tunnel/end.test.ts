import test from 'ava';
import { TUNNEL_ENDS, tunnelEndOf } from '../../../protocol/tunnel/end.js';

test('tunnel end: each code reaches the peer, and any other code means `lost`', (t) => {
  for (const end of TUNNEL_ENDS) t.is(tunnelEndOf(end), end);
  for (const code of ['', 'credential-revoked', 'IDLE', 'idle ']) t.is(tunnelEndOf(code), 'lost');
});
