import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OPERATIONS } from '../../../../plugin/server-hooks/routes/operations.js';
import { rawHttp, requestText } from '../../../kit/fault/raw-http.js';
import { startPlugin } from '../../../kit/hub/plugin.js';

/** What is no id of anything. */
const NO_IDS = [
  '0',
  '-1',
  '01',
  '1.0',
  '1e0',
  '0x1',
  '2',
  '9007199254740993',
  '9'.repeat(4_000),
  'NaN',
  'null',
  '__proto__',
  'constructor',
  'toString',
  '%00',
  '%0d%0a',
  '1%2f..%2f1',
  '1;x=1',
  '%ef%bc%91',
  '%ff',
  '%',
];

/** Docker paths that two parsers could read differently. */
const DOCKER_TRICKS = [
  '/../settings',
  '/containers/../../../settings',
  '/%2e%2e/settings',
  '/%2E%2e/%2e%2E/settings',
  '/./_ping',
  '/%2e/_ping',
  '///_ping',
  '/containers//json',
  '/containers%2f%2fjson',
  '/containers%2f..%2fsettings',
  '/_ping%',
  '/_ping%f',
  '/v1.41/../_ping',
];

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { id } = await hub.createEnvironment({ name: 'one' });
  const port = Number(new URL(hub.url).port);
  const ask = (method: string, target: string) =>
    rawHttp(port, requestText(method, target, ['Authorization: Bearer admin', 'Connection: close']));
  const stored = () => readFile(join(hub.dataDir, 'fairlead.json'), 'utf8');
  return { hub, id, port, ask, stored };
}

test('bad addresses: an invalid id is not found, by any call', async (t) => {
  const { hub, ask, stored } = await setup(t);
  const before = await stored();
  for (const { spec } of OPERATIONS) {
    if (!spec.path.includes(':')) continue;
    for (const text of NO_IDS) {
      const target = `/edge${spec.path.replace(/:\w+/, () => text).replace(':path', '_ping')}`;
      const { status, code } = await ask(spec.method, target);
      const about = `${spec.id} ${target.slice(0, 80)}`;
      if (spec.access === 'signed') t.true([400, 401, 404].includes(status), `${about}: ${status}`);
      else t.true([400, 404].includes(status), `${about}: ${status}`);
      if (spec.method !== 'HEAD') t.truthy(code, about);
    }
  }
  t.is(await stored(), before, 'nothing is stored');
  t.is(hub.log.lines.filter(({ level }) => level === 'error').length, 0, 'no internal error');
});

test('bad addresses: a Docker path that a router or proxy would rewrite is refused', async (t) => {
  const { id, ask } = await setup(t);
  for (const trick of DOCKER_TRICKS) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const { status, code } = await ask(method, `/edge/api/environments/${id}/docker${trick}`);
      t.deepEqual([status, code], [400, 'bad-docker-path'], `${method} ${trick}`);
    }
  }
});

test('bad addresses: a path that only resembles one of the API is not found', async (t) => {
  const { id, ask, port, stored } = await setup(t);
  const before = await stored();
  for (const target of [
    `/edge//api/environments/${id}`,
    `/edge/api//environments/${id}`,
    `/edge/./api/environments/${id}`,
    `/edge/x/../api/environments/${id}`,
    `/edge/%61pi/environments/${id}/`,
    `/edge/api%2fenvironments%2f${id}`,
    `/EDGE/api/environments/${id}`,
    `/edge/API/environments/${id}`,
    `/edge/api/Environments/${id}`,
    `/edgeapi/environments/${id}`,
    `/edge/api/environments/${id}/docker`,
    `/edge/api/environments/${id}/dockers/_ping`,
    `/edge\\api\\environments\\${id}`,
    `http:/edge/api/environments/${id}`,
    `ftp://hub/edge/api/environments/${id}`,
    '*',
  ]) {
    const { status } = await ask('DELETE', target);
    t.true([400, 404, 405].includes(status), `${target}: ${status}`);
  }
  t.is((await rawHttp(port, requestText('CONNECT', 'hub:1'))).status, 0, 'CONNECT has no listener');
  t.is(await stored(), before, 'nothing is stored');
});

test('bad addresses: a known path with another method gets the list of allowed ones', async (t) => {
  const { id, ask } = await setup(t);
  const wrong = await ask('PUT', `/edge/api/environments/${id}`);
  t.deepEqual([wrong.status, wrong.code], [405, 'method-not-allowed']);
  const allow = /^allow: (.*)$/im.exec(wrong.head)?.[1]?.split(', ').sort();
  t.deepEqual(allow, ['DELETE', 'GET', 'HEAD', 'PATCH']);
  const unknown = await ask('PROPFIND', `/edge/api/environments/${id}`);
  t.deepEqual([unknown.status, unknown.code], [405, 'method-not-allowed'], 'what the router does not know');
  t.regex(unknown.head, /^allow: /im);
  t.is((await ask('BREW', `/edge/api/environments/${id}`)).status, 400, 'what Node does not know');
  t.is((await ask('POST', '/edge/api/openapi.json')).status, 405);
  t.is((await ask('POST', '/edge/agent/check-in')).status, 405);
  t.is((await ask('DELETE', '/edge/hooks/x')).status, 405);
});

test('bad addresses: queries are data', async (t) => {
  const { ask } = await setup(t);
  for (const query of [
    'limit=0',
    'limit=1&limit=2',
    'limit=x',
    'limit=1e999',
    'sort=__proto__',
    'status=toString',
    'cursor=%00',
    `search=${'x'.repeat(201)}`,
    `tag=${'&tag=x'.repeat(40)}`,
  ]) {
    const { status, code } = await ask('GET', `/edge/api/environments?${query}`);
    t.is(status, 400, query);
    t.true(code === 'bad-request' || code === 'cursor-invalid', `${query}: ${code}`);
  }
  for (const query of ['__proto__=x', 'constructor[prototype][x]=1', '%ff=%ff', '&&==&', 'toString', '']) {
    t.is((await ask('GET', `/edge/api/environments?${query}`)).status, 200, query);
  }
});
