import type { ProblemDefinition } from './problem.js';

const PORT_SCANNER =
  "Port scanners do this, the hub's own self-test, and agents: their doctor, and a dial that was slower than the one by the other path. If an agent's tunnel does not open, update it";

/** Codes of tunnels, their credentials and handshakes: in the logs of both sides and as an environment's problem. */
export const TUNNEL_PROBLEMS = {
  'credential-expired': {
    status: 401,
    sentence: 'The credential is older than 30 s',
    cause: 'A credential was presented more than 30 s after it was issued',
    nextStep:
      "Nothing, if it happens once: the next check-in brings a new one. Repeatedly: the path to the tunnel's port is very slow",
  },
  'credential-foreign': {
    status: 401,
    sentence: 'The credential was issued for another agent',
    cause:
      "A credential was presented by another agent than it was issued for. In an agent's log: the hub sent it another agent's credential; the agent ignores it and requests another",
    nextStep:
      "It was stolen: rotate the key and end the old one immediately. In an agent's log it is a bug in the hub: report it",
  },
  'credential-replayed': {
    status: 401,
    sentence: 'The credential was used before',
    cause: 'A credential was presented a second time',
    nextStep: 'It was stolen: rotate the key and end the old one immediately',
  },
  'credential-revoked': {
    status: 401,
    sentence: 'The credential was revoked before the tunnel opened',
    cause: 'The tunnel was closed by an admin between credential and connection',
    nextStep: 'Nothing',
  },
  'credential-superseded': {
    status: 401,
    sentence: 'A newer credential was issued',
    nextStep: 'Nothing',
  },
  'credential-unknown': {
    status: 401,
    sentence: 'The hub does not know the credential',
    cause:
      'The token was never issued, or the hub was restarted since. For a bulk connection also: its tunnel has ended, or it took more than 10 s',
    nextStep: 'Nothing, if it happens once',
  },
  'credential-unreadable': {
    sentence: 'The credential cannot be decrypted with this Edge key',
    nextStep: 'The key was rotated: start the agent with the new one',
  },
  'proof-late': {
    status: 401,
    sentence: 'The agent sent no proof within 10 s',
    cause: 'A connection for a tunnel did not authenticate within 10 s',
    nextStep: PORT_SCANNER,
  },
  'proof-malformed': {
    status: 401,
    sentence: 'The proof is malformed',
    cause: "A connection for a tunnel sent something that is not an agent's proof",
    nextStep: PORT_SCANNER,
  },
  'proof-missing': {
    status: 401,
    sentence: 'The agent disconnected before its proof',
    cause: "A connection for a tunnel was not an agent's, or it ended before the agent authenticated",
    nextStep: PORT_SCANNER,
  },
  superseded: {
    sentence: 'A newer tunnel of the same agent replaced this one',
    cause:
      'A tunnel was replaced by a newer one of the same agent, mostly because the hub noticed a dead link first',
    nextStep: 'Nothing, if it happens once. Repeatedly: two copies of an agent share an identity',
  },
  'too-many-handshakes': {
    sentence: 'There are too many tunnel connections without a proof',
    cause:
      'The tunnel port had 1,024 connections without a proof, or 128 from one IPv4 address or IPv6 /64; or there were 1,024 WebSockets without one (less where the hub may open fewer than 4,096 files). The oldest of the fullest network was closed to make room',
    nextStep: 'Find the origin; agents retry automatically',
  },
  'tunnel-closed': {
    status: 503,
    sentence: 'The tunnel was closed during the call',
    cause:
      'The tunnel was closed during the call, or while it waited: by an admin, a rotated key or a removed association',
    nextStep: 'Repeat the call, unless the environment was removed',
  },
  'tunnel-fingerprint-mismatch': {
    sentence: "The hub's key does not match the Edge key: another hub, or a man in the middle",
    cause: 'The key at the other end of the tunnel does not match the Edge key',
    nextStep:
      'Wrong `tunnelAddress`, a proxy that terminates TLS there, a new `tunnel-key.pem`, or a man in the middle. With a new key: rotate the key and restart the agent',
  },
  'tunnel-handshake': {
    sentence: "The hub does not complete the tunnel's TLS handshake",
    cause: "The hub does not complete the tunnel's TLS handshake within 10 s",
    nextStep: 'Check port and firewall; proxies must forward the port as TCP',
  },
  'tunnel-lost': {
    status: 502,
    sentence: 'The tunnel was lost',
    cause: 'The tunnel ended during the call: link lost, agent stopped or replaced, idle',
    nextStep: 'Repeat the call: it waits for the next tunnel. If it happens often, check the network between',
  },
  'tunnel-protocol': {
    sentence: 'The other end of the tunnel does not speak fairlead/1',
    cause: 'The server at the other end of the tunnel does not speak `fairlead/1` over TLS 1.3',
    nextStep: 'Check `tunnelAddress`',
  },
  'tunnel-timeout': {
    status: 504,
    sentence: 'The agent did not open a tunnel in time',
    nextStep: "Check in the agent's log by which path it reaches the hub",
  },
  'tunnel-websocket-refused': {
    sentence: "The hub's address does not open a WebSocket for the tunnel",
    cause:
      "The API's address answers the tunnel's WebSocket with an ordinary response: a proxy in front does not pass WebSockets on, or the hub is an older one",
    nextStep: 'Pass `Upgrade` and `Connection` on at the proxy, or open the tunnel port; update an older hub',
  },
} as const satisfies Record<string, ProblemDefinition>;
