import test from 'ava';
import { HubClient } from '../../../cli/hub/client.js';
import { findEnvironment, listEnvironments } from '../../../cli/hub/environments.js';
import { serveHttps } from '../../kit/cli/https-server.js';
import type { Scope } from '../../kit/scope.js';

/** A hub with pages of two environments. */
async function startPages(t: Scope, names: readonly string[]) {
  const all = names.map((name, index) => ({ id: index + 1, name }));
  const { origin, ca, requests } = await serveHttps(t, () => (req, res) => {
    const query = new URL(req.url ?? '', 'https://hub').searchParams;
    const from = Number(query.get('cursor') ?? 0);
    const rest = from + 2 < all.length ? String(from + 2) : null;
    res.end(JSON.stringify({ items: all.slice(from, from + 2), nextCursor: rest, total: all.length }));
  });
  const login = { url: `${origin}/edge`, ca, token: 'flt_x' };
  return { hub: new HubClient(login, new AbortController().signal), requests };
}

test('environments: a list has all pages, with the same filters on each', async (t) => {
  const { hub, requests } = await startPages(t, ['a', 'b', 'c', 'd', 'e']);
  const { items } = await listEnvironments(hub, { status: ['new', 'online'], tag: ['x'], search: 'q' });
  t.deepEqual(
    items.map(({ name }) => name),
    ['a', 'b', 'c', 'd', 'e'],
  );
  t.is(requests.length, 3);
  for (const { url } of requests)
    t.regex(url ?? '', /sort=name&limit=500&status=new&status=online&tag=x&search=q/);
});

test('environments: a name goes before an id, and similar names are suggested', async (t) => {
  const { hub } = await startPages(t, ['shop', '1', 'shop 2', 'workshop']);
  t.is((await findEnvironment(hub, 'shop')).id, 1);
  t.is((await findEnvironment(hub, '1')).id, 2, 'the name');
  t.is((await findEnvironment(hub, '4')).name, 'workshop');
  await t.throwsAsync(findEnvironment(hub, 'sho'), { message: 'No environment is named sho' });
  const error = await t.throwsAsync(findEnvironment(hub, 'sho'));
  t.is((error as { nextStep?: string }).nextStep, 'Did you mean shop, 1, shop 2?');
});
