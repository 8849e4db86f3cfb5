import { parseApiUrl, parseTunnelAddress } from '../../../protocol/crypto/edge-key.js';
import { problem } from '../../../protocol/problems.js';
import { changeSettings, settings as settingsSchema } from '../../api/settings.js';
import { readAddress } from '../environments/agent-addresses.js';
import type { Host } from '../host.js';
import { defineOperation, STORE_PROBLEMS } from '../http/define-operation.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Store } from '../store/store.js';

export interface SettingsDeps {
  readonly store: Store;
  readonly live: LiveEnvironments;
  readonly host: Host;
}

/** `/api/settings` and `/api/ca.pem`. */
export const settingsOperations = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/settings',
      id: 'getSettings',
      summary: 'Get the settings',
      access: 'settings',
      answers: { 200: { description: 'The settings', body: settingsSchema } },
    },
    (_, deps: SettingsDeps) => ({ status: 200, body: deps.store.settings() }),
  ),

  defineOperation(
    {
      method: 'PATCH',
      path: '/api/settings',
      id: 'changeSettings',
      summary: 'Update settings',
      description: 'Agents receive a change at their next check-in, held ones immediately.',
      access: 'settings',
      body: changeSettings,
      answers: { 200: { description: 'The updated settings', body: settingsSchema } },
      problems: STORE_PROBLEMS,
    },
    async ({ body }, { store, live }: SettingsDeps) => {
      const { publicUrl, tunnelAddress } = body;
      if (publicUrl) readAddress('publicUrl', () => parseApiUrl(publicUrl));
      if (tunnelAddress) readAddress('tunnelAddress', () => parseTunnelAddress(tunnelAddress));
      const settings = await store.updateSettings((current) => settingsSchema.parse({ ...current, ...body }));
      live.wakeAll();
      return { status: 200, body: settings };
    },
  ),

  // Public: clients need it before they can trust any other answer.
  defineOperation(
    {
      method: 'GET',
      path: '/api/ca.pem',
      id: 'getCa',
      summary: "Get the CA of the hub's certificate",
      access: 'public',
      answers: { 200: { description: 'PEM', type: 'application/x-pem-file' } },
      problems: ['ca-not-known'],
    },
    (_, { host }: SettingsDeps) => {
      if (host.caCertificate !== undefined) return { status: 200, body: host.caCertificate };
      throw problem('ca-not-known');
    },
  ),
];
