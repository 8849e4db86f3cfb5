import type { ApiClient } from '../api/client.js';
import type { ConfirmQuestion } from '../elements/confirm-dialog.js';

/** An irreversible change of an environment; it asks first. */
export interface EditAction {
  /** @param name the environment's */
  readonly question: (name: string) => ConfirmQuestion;
  /** @param path the environment's, below the API */
  readonly run: (client: ApiClient, path: string) => Promise<unknown>;
  /** Shown after success. */
  readonly note: string;
}

export const DISASSOCIATE: EditAction = {
  question: (name) => ({
    title: `Disassociate the agent of ${name}?`,
    names: [],
    warning:
      'Its tunnel and all calls in it are closed immediately. The agent is rejected until you rotate the key and start it with the new one.',
    confirm: 'Disassociate',
  }),
  run: (client, path) => client.call('DELETE', `${path}/association`),
  note: 'Disassociated',
};

export const SWAP_MACHINES: EditAction = {
  question: (name) => ({
    title: `Swap the machines of ${name}?`,
    names: [],
    warning:
      'The tunnel and all calls in it are closed immediately. The current machine is rejected from then on; the other one is online within two minutes.',
    confirm: 'Swap machines',
  }),
  run: (client, path) => client.call('POST', `${path}/accept-clone`),
  note: 'Swapped',
};

export const DELETE: EditAction = {
  question: (name) => ({
    title: 'Delete this environment?',
    names: [name],
    warning:
      'Its key, snapshot and tunnel are deleted, with all calls in the tunnel. The agent on the remote machine keeps trying and is rejected: remove it there (docker rm -f fairlead-agent).',
    confirm: 'Delete',
  }),
  run: (client, path) => client.call('DELETE', path),
  note: 'Deleted',
};
