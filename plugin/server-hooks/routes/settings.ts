import { EdgeError } from '../../../protocol/edge-error.js';
import { parseApiUrl, parseTunnelAddress } from '../../../protocol/edge-key.js';
import { changeSettings, settings as settingsSchema } from '../../api/settings.js';
import { readAddress } from '../environments/agent-addresses.js';
import { defineOperation } from './define-operation.js';
import { STORE_PROBLEMS } from './problem-statuses.js';

/** `/api/settings` and `/api/ca.pem`. */
export const settingsCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/settings',
      id: 'getSettings',
      summary: 'What holds for all environments',
      access: 'settings',
      answers: { 200: { description: 'The settings', body: settingsSchema } },
    },
    ({ services }) => ({ status: 200, body: services.store.settings() }),
  ),

  defineOperation(
    {
      method: 'PATCH',
      path: '/api/settings',
      id: 'changeSettings',
      summary: 'Changes settings',
      description: 'Agents learn of a change at their next check-in, held ones at once.',
      access: 'settings',
      body: changeSettings,
      answers: { 200: { description: 'The settings as they are now', body: settingsSchema } },
      problems: STORE_PROBLEMS,
    },
    async ({ services: { store, checkIns }, body }) => {
      const { publicUrl, tunnelAddress } = body;
      if (publicUrl) readAddress('publicUrl', () => parseApiUrl(publicUrl));
      if (tunnelAddress) readAddress('tunnelAddress', () => parseTunnelAddress(tunnelAddress));
      const settings = settingsSchema.parse({ ...store.settings(), ...body });
      await store.putSettings(settings);
      checkIns.wakeAll();
      return { status: 200, body: settings };
    },
  ),

  // Public: it is what a client needs before it can trust anything else from here.
  defineOperation(
    {
      method: 'GET',
      path: '/api/ca.pem',
      id: 'getCa',
      summary: "The CA that signed the hub's certificate",
      access: 'public',
      answers: { 200: { description: 'PEM', type: 'application/x-pem-file' } },
      problems: ['ca-not-known'],
    },
    ({ services: { host } }) => {
      if (host.caCertificate !== undefined) return { status: 200, body: host.caCertificate };
      throw new EdgeError('ca-not-known', "The host's certificate is not from a CA of its own", {
        status: 404,
      });
    },
  ),
];
