import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { presentedToken } from '../../../host/auth/presented-token.js';

const DOCKER = '/edge/api/environments/1/docker/_ping';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

/** A request as the authenticator gets it. */
function request(url: string, headers: Readonly<Record<string, string>>): IncomingMessage {
  return { url, headers } as unknown as IncomingMessage;
}

for (const [what, url, headers, expected] of [
  ['a bearer', '/edge/api/settings', { authorization: 'Bearer flt_a' }, 'flt_a'],
  ['a bearer in any case', DOCKER, { authorization: 'bearer  flt_a' }, 'flt_a'],
  ['Basic for a Docker call', DOCKER, { authorization: basic('any user:flt_a') }, 'flt_a'],
  ['Basic without a user name', DOCKER, { authorization: basic(':flt_a') }, 'flt_a'],
  [
    'Basic for a Docker call of a node',
    '/edge/api/environments/1/nodes/n1/docker/info?x=/y',
    { authorization: basic('x:flt_a') },
    'flt_a',
  ],
  ['Basic elsewhere', '/edge/api/environments/1', { authorization: basic('x:flt_a') }, null],
  ['Basic at the host', '/api/tokens', { authorization: basic('x:flt_a') }, null],
  [
    'Basic with a Docker call in the query',
    `/api/tokens?${DOCKER}`,
    { authorization: basic('x:flt_a') },
    null,
  ],
  ['Basic from a page', DOCKER, { authorization: basic('x:flt_a'), origin: 'https://hub' }, null],
  ['Basic from a navigation', DOCKER, { authorization: basic('x:flt_a'), 'sec-fetch-site': 'none' }, null],
  ['Basic without a password', DOCKER, { authorization: basic('flt_a') }, null],
  ['Basic with a password that is no token', DOCKER, { authorization: basic('admin:pass word') }, null],
  ['another scheme', DOCKER, { authorization: 'Digest x=y' }, null],
  ['nothing', DOCKER, {}, null],
] as const) {
  test(`presented token: ${what}`, (t) => {
    t.is(presentedToken(request(url, headers)), expected);
  });
}

test('presented token: a host’s rewritten URL does not decide', (t) => {
  const req = { ...request(DOCKER, { authorization: basic('x:flt_a') }), originalUrl: '/api/tokens' };
  t.is(presentedToken(req as unknown as IncomingMessage), null);
});
