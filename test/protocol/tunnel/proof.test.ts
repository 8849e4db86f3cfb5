import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import test from 'ava';
import { parseAuthorization, signRequest } from '../../../protocol/crypto/request-signature.js';
import {
  proofMac,
  type TunnelProof,
  tunnelProofSchema,
  verifyProofMac,
} from '../../../protocol/tunnel/proof.js';

const SECRET = randomBytes(32);

function proof(change: Partial<TunnelProof> = {}): TunnelProof {
  const token = change.token ?? randomBytes(32).toString('base64url');
  const mac = proofMac(SECRET, token);
  return { environmentId: 5, instanceId: randomUUID(), token, mac, inactivityMs: 300_000, ...change };
}

test('tunnel proof: holds for the instance secret it was made with, and for no other', (t) => {
  const made = proof();
  t.true(verifyProofMac(SECRET, made));
  t.false(verifyProofMac(randomBytes(32), made));
  t.false(verifyProofMac(new Uint8Array(), made));
});

test('tunnel proof: does not hold for another token', (t) => {
  t.false(verifyProofMac(SECRET, { ...proof(), token: randomBytes(32).toString('base64url') }));
});

test('tunnel proof: one changed bit anywhere in the MAC is refused', (t) => {
  const made = proof();
  for (let bit = 0; bit < 256; bit++) {
    const mac = Buffer.from(made.mac, 'base64url');
    mac[bit >> 3] = (mac[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    t.false(verifyProofMac(SECRET, { ...made, mac: mac.toString('base64url') }));
  }
});

for (const mac of ['', 'A', 'A'.repeat(42), 'A'.repeat(44), '\u{1F512}'.repeat(11)]) {
  test(`tunnel proof: a MAC of ${mac.length} characters is refused without throwing`, (t) => {
    t.false(verifyProofMac(SECRET, proof({ mac })));
  });
}

test('tunnel proof: is HMAC-SHA256 over its own label, so no request signature passes for it', (t) => {
  const token = randomBytes(32).toString('base64url');
  const wanted = createHmac('sha256', SECRET).update(`fairlead/1 tunnel\n${token}`).digest('base64url');
  t.is(proofMac(SECRET, token), wanted);
  const signed = signRequest(
    SECRET,
    { environmentId: 5, instanceId: randomUUID(), timeMs: 1 },
    { method: 'GET', path: `/${token}`, body: new Uint8Array() },
  );
  t.not(parseAuthorization(signed).mac, wanted);
});

test('tunnel proof: fields of a newer agent are ignored', (t) => {
  const made = proof();
  t.deepEqual(tunnelProofSchema.parse({ ...made, future: 1 }), made);
});

const REFUSED: [field: keyof TunnelProof, values: unknown[]][] = [
  ['environmentId', [undefined, '5', 1.5]],
  ['instanceId', [undefined, 5, 'a'.repeat(37)]],
  ['token', [undefined, 'a'.repeat(42), 'a'.repeat(44), null]],
  ['mac', [undefined, 'a'.repeat(42), 'a'.repeat(44), null]],
  ['inactivityMs', [undefined, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5m']],
];

for (const [field, values] of REFUSED) {
  test(`tunnel proof: its ${field} is bounded`, (t) => {
    for (const value of values) {
      t.false(tunnelProofSchema.safeParse({ ...proof(), [field]: value }).success, String(value));
    }
  });
}
