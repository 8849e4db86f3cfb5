import { signedHeaders } from '../../../../kit/hub/webhook-sender.js';
import { untilTrue } from '../../../../kit/until.js';
import { type ApiWorld, type Asking, atSilent, spare, unwritable } from './api-world.js';
import { DOCKER_ACCESS_SCENARIOS } from './docker-access-scenarios.js';
import { DOCKER_SCENARIOS } from './docker-scenarios.js';
import { LIST_SCENARIOS } from './list-scenarios.js';
import { NODE_SCENARIOS } from './node-scenarios.js';

/** Drives one documented call through what is particular to it: its successes and the problems that are its own. */
type Scenario = (world: ApiWorld) => Promise<void>;

/** One for each call of the document, by its `operationId`. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  listEnvironments: async ({ ask }) => {
    await ask('listEnvironments', '200');
    const query = 'search=on&tag=a&tag=b&status=online&sort=-name&limit=1&offset=0';
    await ask('listEnvironments', '200', { path: `/api/environments?${query}` });
    await ask('listEnvironments', '400 bad-request', { path: '/api/environments?limit=0' });
    await ask('listEnvironments', '400 cursor-invalid', { path: '/api/environments?cursor=nonsense' });
  },

  streamEvents: async ({ ask }) => {
    await ask('streamEvents', '200', { path: '/api/events?watch=1,2' });
    const tooLong = 'x'.repeat(101);
    await ask('streamEvents', '400 bad-request', { path: `/api/events?lastEventId=${tooLong}` });
  },

  createEnvironment: async (world) => {
    const { ask } = world;
    await ask('createEnvironment', '201', { body: { name: 'driven', tags: ['a'], edgeId: null } });
    await ask('createEnvironment', '400 bad-request', { body: { name: 'x', url: 'ftp://hub' } });
    await ask('createEnvironment', '400 edge-id-malformed', { body: { name: 'x', edgeId: 'nonsense' } });
    await ask('createEnvironment', '409 name-taken', { body: { name: 'driven' } });
    await unwritable(world, 'createEnvironment', { body: { name: 'lost' } });
  },

  getEnvironment: async ({ ask, empty }) => {
    await ask('getEnvironment', '200');
    await ask('getEnvironment', '200', { path: `/api/environments/${empty.id}` });
  },

  changeEnvironment: async (world) => {
    const { ask, online } = world;
    await ask('changeEnvironment', '200', { body: { tags: ['b'], checkInSeconds: 3 } });
    await ask('changeEnvironment', '200', { body: { checkInSeconds: null } });
    await ask('changeEnvironment', '409 name-taken', { body: { name: 'empty' } });
    await unwritable(world, 'changeEnvironment', { body: { name: online.name, tags: ['c'] } });
  },

  deleteEnvironment: async (world) => {
    const path = await spare(world);
    await unwritable(world, 'deleteEnvironment', { path });
    await world.ask('deleteEnvironment', '204', { path });
  },

  rotateKey: async (world) => {
    const path = `${await spare(world)}/rotate-key`;
    await world.ask('rotateKey', '200', { path });
    await world.ask('rotateKey', '200', { path, body: { overlapSeconds: 0, tunnelAddress: '[::1]:9000' } });
    await world.ask('rotateKey', '400 bad-request', { path, body: { tunnelAddress: 'nowhere' } });
    await unwritable(world, 'rotateKey', { path });
  },

  acceptClone: async (world) => {
    const { ask, empty, cloned } = world;
    const path = `/api/environments/${cloned.id}/accept-clone`;
    await ask('acceptClone', '409 no-clone', {
      path: `/api/environments/${empty.id}/accept-clone`,
    });
    await unwritable(world, 'acceptClone', { path });
    await ask('acceptClone', '200', { path });
  },

  disassociate: async (world) => {
    const path = `${await spare(world)}/association`;
    await unwritable(world, 'disassociate', { path });
    await world.ask('disassociate', '204', { path });
  },

  getTunnel: async ({ ask }) => {
    await ask('getTunnel', '200');
  },

  requireTunnel: async (world) => {
    const { ask, hub, online, empty } = world;
    await hub.call('DELETE', `/api/environments/${online.id}/tunnel`);
    await ask('requireTunnel', '202');
    await ask('requireTunnel', '200', { body: { wait: 60 } });
    await ask('requireTunnel', '503 environment-not-associated', {
      path: `/api/environments/${empty.id}/tunnel`,
    });
    await ask('requireTunnel', '503 environment-offline', atSilent(world, 'tunnel'));
    await ask('getTunnel', '200');
  },

  closeTunnel: async (world) => {
    await world.ask('closeTunnel', '204');
    await unwritable(world, 'closeTunnel', { path: `${await spare(world)}/tunnel` });
  },

  keepAlive: async ({ ask }) => {
    await ask('keepAlive', '200');
  },

  keepNodeAlive: async ({ ask, swarm }) => {
    const at = (node: string) => ({ path: `/api/environments/${swarm.id}/nodes/${node}/keep-alive` });
    await ask('keepNodeAlive', '200', at('n1'));
    await ask('keepNodeAlive', '404 node-not-found', at('n9'));
  },

  getSnapshot: async ({ ask, empty }) => {
    await ask('getSnapshot', '200');
    await ask('getSnapshot', '404 snapshot-not-found', { path: `/api/environments/${empty.id}/snapshot` });
  },

  getDoctorReport: async ({ ask }) => {
    await ask('getDoctorReport', '200');
  },
  listNodes: async ({ ask }) => {
    await ask('listNodes', '200');
  },

  takeSnapshot: async (world) => {
    const { ask, empty } = world;
    await ask('takeSnapshot', '200');
    await ask('takeSnapshot', '503 environment-not-associated', {
      path: `/api/environments/${empty.id}/snapshot`,
    });
    await ask('takeSnapshot', '503 environment-offline', atSilent(world, 'snapshot'));
    await world.comeBack();
    const timers = world.clock.pending;
    const asked = ask('takeSnapshot', '504 snapshot-timeout', atSilent(world, 'snapshot'));
    await untilTrue('a timer', () => world.clock.pending !== timers, { everyMs: 1 });
    world.clock.advance(120_000);
    await asked;
  },

  ...DOCKER_SCENARIOS,
  ...DOCKER_ACCESS_SCENARIOS,
  ...NODE_SCENARIOS,
  ...LIST_SCENARIOS,

  createTicket: async ({ ask, online }) => {
    const ticket = { environmentId: online.id, execId: 'a'.repeat(64) };
    await ask('createTicket', '201', { body: ticket });
    await ask('createTicket', '400 bad-request', { body: { ...ticket, execId: '../x' } });
    await ask('createTicket', '404 environment-not-found', { body: { ...ticket, environmentId: 999 } });
    await ask('createTicket', '404 node-not-found', { body: { ...ticket, node: 'nowhere' } });
  },

  getSettings: async ({ ask }) => {
    await ask('getSettings', '200');
  },

  changeSettings: async (world) => {
    await world.ask('changeSettings', '200', { body: { checkInSeconds: 4, snapshotSeconds: 0 } });
    await world.ask('changeSettings', '400 bad-request', { body: { unknown: 1 } });
    await world.ask('changeSettings', '400 bad-request', { body: { snapshotSeconds: 9 } });
    await world.ask('changeSettings', '400 bad-request', { body: { tunnelAddress: 'nowhere' } });
    await unwritable(world, 'changeSettings', { body: { checkInSeconds: 6 } });
  },

  getFleet: async ({ ask }) => {
    await ask('getFleet', '200');
  },

  getMetrics: async ({ ask }) => {
    await ask('getMetrics', '200');
  },

  selfTest: async ({ ask, hub }) => {
    await ask('selfTest', '200', { body: { url: hub.url, tunnelAddress: `127.0.0.1:${hub.tunnelPort}` } });
    await ask('selfTest', '400 bad-request', { body: { url: 'ftp://hub' } });
    // The runs above count.
    for (let n = 0; n < 9; n++) await ask('selfTest', '200', { body: { url: 'http://0.0.0.0' } });
    await ask('selfTest', '429 too-many-self-tests');
  },

  getCa: async ({ ask, frozen }) => {
    await ask('getCa', '200', { token: null });
    await ask('getCa', '404 ca-not-known', { at: frozen.url });
  },

  getOpenApi: async ({ ask }) => {
    await ask('getOpenApi', '200', { token: null });
  },

  listWebhooks: async ({ ask }) => {
    await ask('listWebhooks', '200');
  },

  createWebhook: async (world) => {
    await world.ask('createWebhook', '201', { body: { name: 'another' } });
    await unwritable(world, 'createWebhook', { body: { name: 'lost' } });
  },

  rotateSecret: async (world) => {
    await world.ask('rotateSecret', '404 webhook-not-found', {
      path: '/api/webhooks/nonsense/rotate-secret',
    });
    await unwritable(world, 'rotateSecret', {});
    const webhook = (await world.ask('createWebhook', '201', { body: { name: 'rotated' } })).text;
    const path = `/api/webhooks/${JSON.parse(webhook).id}/rotate-secret`;
    await world.ask('rotateSecret', '200', { path });
    await world.ask('rotateSecret', '200', { path, body: { overlapSeconds: 0 } });
  },

  deleteWebhook: async (world) => {
    await world.ask('deleteWebhook', '404 webhook-not-found', { path: '/api/webhooks/nonsense' });
    await unwritable(world, 'deleteWebhook', {});
    const webhook = (await world.ask('createWebhook', '201', { body: { name: 'deleted' } })).text;
    await world.ask('deleteWebhook', '204', { path: `/api/webhooks/${JSON.parse(webhook).id}` });
  },

  callWebhook: async (world) => {
    const { ask, webhook } = world;
    const signed = (text: string): Asking => ({
      token: null,
      body: Buffer.from(text),
      headers: signedHeaders(webhook.secret, text),
    });
    await ask('callWebhook', '201', signed('{"name": "by hook", "externalId": "1"}'));
    await ask('callWebhook', '200', signed('{"name": "by hook", "externalId": "1"}'));
    await ask('callWebhook', '400 bad-request', signed('{}'));
    await ask('callWebhook', '400 body-not-json', signed('{'));
    await ask('callWebhook', '409 name-taken', signed('{"name": "by hook"}'));
    await ask('callWebhook', '401 webhook-unauthorized', { ...signed('{}'), body: { name: 'forged' } });
    await unwritable(world, 'callWebhook', signed('{"name": "lost"}'));
  },
};
