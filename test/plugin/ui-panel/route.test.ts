import test from 'ava';
import { environmentPath, parseRoute } from '../../../plugin/ui-panel/route.js';

const environment = (id: number, section = '', node: string | null = null) => ({
  name: 'environment',
  id,
  node,
  section,
});
const ROUTES = {
  '': { name: 'list' },
  create: { name: 'create' },
  settings: { name: 'settings' },
  'environments/5': environment(5),
  'environments/5/images': environment(5, 'images'),
  'environments/5/edit': { name: 'edit', id: 5 },
  'environments/5/clients': { name: 'clients', id: 5 },
  'environments/5/nodes/worker-1': environment(5, '', 'worker-1'),
  'environments/5/nodes/worker-1/images': environment(5, 'images', 'worker-1'),
  'environments/5/nodes/a%2Fb/images': environment(5, 'images', 'a/b'),
  // The Swarm's nodes, not one of them.
  'environments/5/nodes': environment(5, 'nodes'),
  'environments/5/%': environment(5, '%'),
  'environments/0': { name: 'list' },
  'environments/5x': { name: 'list' },
  'environments/9999999999999999999': { name: 'list' },
  '../settings': { name: 'list' },
} as const;

for (const [path, route] of Object.entries(ROUTES))
  test(`route: "${path}" is ${JSON.stringify(route)}`, (t) => {
    t.like(parseRoute(path), route as object);
  });

test('route: a path is parsed back to its parts', (t) => {
  for (const [section, node] of [
    ['', null],
    ['images', null],
    ['images', 'a/b %'],
  ] as const)
    t.deepEqual(parseRoute(environmentPath(7, section, node)), environment(7, section, node) as never);
});
