/**
 * Version of everything in this folder. Raise it when an agent and a hub that differ in it could
 * misunderstand each other; new optional fields do not count, both sides ignore unknown fields.
 */
export const PROTOCOL_VERSION = 2;

/** ALPN protocol id of the tunnel (RFC 7301). A change of the tunnel's format needs a new id. */
export const TUNNEL_ALPN = 'fairlead/1';

/** ALPN protocol id of a bulk connection. */
export const BULK_ALPN = 'fairlead-bulk/1';
