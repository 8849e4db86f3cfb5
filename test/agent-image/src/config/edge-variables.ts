import { encodeEdgeKey } from '../../../../protocol/crypto/edge-key.js';

export const EDGE_ID = '7b3a1e5c-9d0f-4c2a-8b1e-0123456789ab';
export const JOIN_SECRET = 'never-shown_never-shown_never-shown_never-1';

/** An Edge key for a hub that is not there. */
export function edgeKeyFor(apiUrl = 'https://hub.example:9443/edge'): string {
  return encodeEdgeKey({
    apiUrl,
    tunnelAddress: 'hub.example:8000',
    fingerprint: `${'A'.repeat(43)}=`,
    environmentId: 5,
    secret: JOIN_SECRET,
  });
}

/** The least environment an agent starts with, and what a test adds. */
export function edgeVariables(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { EDGE_ID, EDGE_KEY: edgeKeyFor(), ...more };
}
