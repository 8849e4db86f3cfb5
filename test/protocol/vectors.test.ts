import { createPrivateKey, createPublicKey } from 'node:crypto';
import test from 'ava';
import { proveAnswer, verifyAnswer } from '../../protocol/crypto/answer-proof.js';
import { openCredential } from '../../protocol/crypto/credential.js';
import { deriveKey, hashJoinSecret } from '../../protocol/crypto/derived-keys.js';
import { encodeEdgeKey, parseEdgeKey } from '../../protocol/crypto/edge-key.js';
import { fingerprintOf, sshPublicKeyBlob } from '../../protocol/crypto/fingerprint.js';
import { openInstanceSecret } from '../../protocol/crypto/instance-secret.js';
import { parseAuthorization, signRequest, verifyRequest } from '../../protocol/crypto/request-signature.js';
import { proofMac } from '../../protocol/tunnel/proof.js';
import vectors from '../../protocol/vectors.json' with { type: 'json' };
import { PROTOCOL_VERSION } from '../../protocol/version.js';

const hex = (text: string) => Buffer.from(text, 'hex');

test('vectors: are of this protocol version', (t) => {
  t.is(vectors.protocol, PROTOCOL_VERSION);
});

for (const { name, text, padded, ...parts } of vectors.edgeKeys) {
  test(`vectors: Edge key (${name})`, (t) => {
    t.is(encodeEdgeKey(parts), text);
    t.deepEqual({ ...parseEdgeKey(text) }, parts);
    t.deepEqual({ ...parseEdgeKey(padded) }, parts);
  });
}

test('vectors: at least one Edge key has padding to accept', (t) => {
  t.true(vectors.edgeKeys.some(({ text, padded }) => text !== padded));
});

test('vectors: S and the derived keys', (t) => {
  const { edgeId, secret, secretHash, enrol, credential } = vectors.derivedKeys;
  t.is(hashJoinSecret(secret).toString('hex'), secretHash);
  t.is(deriveKey(edgeId, hex(secretHash), 'enrol').toString('hex'), enrol);
  t.is(deriveKey(edgeId, hex(secretHash), 'credential').toString('hex'), credential);
});

for (const { name, key, method, path, body, authorization, alsoAccepted, ...claim } of vectors.signatures) {
  test(`vectors: request signature (${name})`, (t) => {
    const request = { method, path, body: Buffer.from(body) };
    t.is(signRequest(hex(key), claim, request), authorization);
    t.true(verifyRequest(hex(key), parseAuthorization(authorization), request));
    if (alsoAccepted !== undefined)
      t.deepEqual(parseAuthorization(alsoAccepted), parseAuthorization(authorization));
  });
}

for (const { name, signature, proof, body, etag, status } of vectors.answerProofs) {
  test(`vectors: answer proof (${name})`, (t) => {
    const request = vectors.signatures.find((one) => one.name === signature);
    const key = hex(request?.key ?? '');
    const { mac } = parseAuthorization(request?.authorization);
    const answer = { status, etag: etag ?? undefined, body: Buffer.from(body) };
    t.is(proveAnswer(key, mac, answer), proof);
    t.true(verifyAnswer(key, mac, answer, proof));
  });
}

for (const { name, jwk, openSsh, sshKeygen, fingerprint } of vectors.fingerprints) {
  test(`vectors: SSH public key and fingerprint (${name})`, (t) => {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    t.is(`ecdsa-sha2-nistp256 ${sshPublicKeyBlob(key).toString('base64')}`, openSsh);
    t.is(fingerprintOf(key), fingerprint);
    t.is(`SHA256:${fingerprint}`, `${sshKeygen}=`);
  });
}

test('vectors: sealed credential', async (t) => {
  const { key, sealed, claims } = vectors.credential;
  const expected = { ...claims, purpose: 'environment' } as const;
  t.deepEqual<unknown, unknown>(await openCredential(hex(key), sealed, expected), claims);
});

test('vectors: MAC of a tunnel proof', (t) => {
  const { instanceSecret, token, mac } = vectors.tunnelProof;
  t.is(proofMac(hex(instanceSecret), token), mac);
});

test('vectors: sealed instance secret', async (t) => {
  const { privateJwk, sealed, secret } = vectors.instanceSecret;
  const opened = await openInstanceSecret(createPrivateKey({ key: privateJwk, format: 'jwk' }), sealed);
  t.is(opened.toString('hex'), secret);
});
