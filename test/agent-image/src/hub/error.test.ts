import test from 'ava';
import { toHubError } from '../../../../agent-image/src/hub/error.js';
import { problem } from '../../../../protocol/problems.js';

const codes: [node: string, ours: string][] = [
  ['ENOTFOUND', 'hub-dns'],
  ['EAI_AGAIN', 'hub-dns'],
  ['ECONNREFUSED', 'hub-refused'],
  ['ETIMEDOUT', 'hub-unreachable'],
  ['EHOSTUNREACH', 'hub-unreachable'],
  ['ENETUNREACH', 'hub-unreachable'],
  ['ECONNRESET', 'hub-unreachable'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'hub-certificate-untrusted'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'hub-certificate-untrusted'],
  ['CERT_HAS_EXPIRED', 'hub-certificate-expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'hub-certificate-name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'hub-not-tls'],
];

for (const [node, ours] of codes) {
  test(`hub error: ${node} is ${ours} and keeps its cause`, (t) => {
    const cause = Object.assign(new Error('x'), { code: node });
    const error = toHubError(cause);
    t.is(error.code, ours);
    t.is(error.cause, cause);
    t.regex(error.message, new RegExp(node));
  });
}

test('hub error: an error of ours passes unchanged', (t) => {
  const error = problem('proxy-refused');
  t.is(toHubError(error), error);
});
