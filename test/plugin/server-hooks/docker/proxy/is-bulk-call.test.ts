import test from 'ava';
import { parseDockerPath } from '../../../../../plugin/server-hooks/docker/path.js';
import { isBulkCall } from '../../../../../plugin/server-hooks/docker/proxy/is-bulk-call.js';

const is = (call: string) => {
  const [method = '', path = ''] = call.split(' ');
  return isBulkCall(method, parseDockerPath(path));
};

test('bulk calls: images, archives and builds', (t) => {
  for (const call of [
    'GET /images/get?names=a',
    'GET /v1.45/images/registry.example/team/app:1/get',
    'POST /v1.45/images/load?quiet=1',
    'POST /images/create?fromSrc=-',
    'POST /build?t=x',
    'POST /session',
    'POST /grpc',
    'GET /containers/web/export',
    'GET /containers/web/archive?path=/',
    'PUT /containers/web/archive?path=/',
  ]) {
    t.true(is(call), call);
  }
});

test('bulk calls: nothing else', (t) => {
  for (const call of [
    'GET /_ping',
    'GET /images/json',
    'GET /images/get/json',
    'GET /containers/json',
    'HEAD /containers/web/archive?path=/',
    'GET /containers/web/logs?follow=1',
    'POST /containers/web/attach',
    'POST /exec/web/start',
    'POST /build/prune',
    'GET /events',
  ]) {
    t.false(is(call), call);
  }
});
