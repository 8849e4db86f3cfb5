import { problem } from '../problems/agent.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Reads an Edge ID: a UUID (RFC 9562 section 4) in any letter case, returned in lower case,
 * because keys are derived from its text.
 * @throws Problem `edge-id-malformed` (400)
 */
export function parseEdgeId(value: unknown): string {
  const id = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (!UUID.test(id)) {
    throw problem('edge-id-malformed');
  }
  return id;
}
