import { EdgeError } from '../edge-error.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Reads an Edge ID: a UUID (RFC 9562 section 4) in any letter case, returned in lower case,
 * because keys are derived from its text.
 * @throws EdgeError `edge-id-malformed` (400)
 */
export function parseEdgeId(value: unknown): string {
  const id = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (!UUID.test(id)) {
    throw new EdgeError('edge-id-malformed', 'An Edge ID is a UUID, such as the output of uuidgen', {
      status: 400,
    });
  }
  return id;
}
