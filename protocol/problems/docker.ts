import type { ProblemDefinition } from './problem.js';

/** Codes of Docker calls and consoles. */
export const DOCKER_PROBLEMS = {
  'attach-ws-refused': {
    status: 403,
    sentence: 'attach/ws needs an API token: a browser opens consoles with a ticket',
    cause:
      "A browser session called Docker's own `attach/ws`, whose answer would be the engine's content on the hub's origin",
    nextStep: 'Use an API token; the panel opens consoles with a ticket',
  },
  'bad-docker-path': {
    status: 400,
    sentence: 'The path of the Docker call is not in its plain form',
    cause:
      'The path below `/docker` has `.`, `..` or empty segments, decoded as the engine does, or broken encoding',
    nextStep: 'Send the path in its plain form, `/containers/web/json`; the query may contain anything',
  },
  'bad-upgrade-body': {
    status: 400,
    sentence: 'The body of the upgrade request has invalid HTTP framing',
    cause:
      'The body of a request with `Upgrade` has malformed chunks, or a transfer coding other than `chunked`',
    nextStep: 'Frame it as HTTP/1.1 says, or send `Content-Length`',
  },
  'buildkit-unsupported': {
    status: 501,
    sentence: 'BuildKit needs an API token for this environment only: use one, or set DOCKER_BUILDKIT=0',
    cause:
      "A build needs BuildKit's connections `/grpc` and `/session`, which name no environment, and the caller's token is not bound to one",
    nextStep:
      'Use an API token for this environment only, or set `DOCKER_BUILDKIT=0`, so that the classic builder is used',
  },
  'client-gone': {
    status: 499,
    sentence: 'The client disconnected',
    cause: 'The client closed its connection before its call was done; appears only in the log',
    nextStep: 'Nothing',
  },
  'csr-invalid': {
    status: 400,
    sentence:
      'The certificate request is not usable: it must be PKCS #10 in PEM, signed by an ECDSA P-256 key',
    cause: 'The `csr` cannot be read, its signature is wrong, or its key is not ECDSA P-256',
    nextStep:
      'Create one with `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=x`, or omit `csr`',
  },
  'dial-timeout': {
    status: 504,
    sentence: 'The agent did not open a stream within 10 s',
    cause: 'The agent did not open a connection to its engine within 10 s',
    nextStep: "Check the agent's log and the load of its machine and link; repeat the call",
  },
  'docker-access-ends-soon': {
    sentence: 'The access of a client certificate ends soon',
    cause: 'In the list of accesses: it has less than 14 days and less than a sixth of its life left',
    nextStep: 'Create a new access, give its files to the client, and revoke this one',
  },
  'docker-access-expired': {
    status: 401,
    sentence: 'The client certificate has expired: create a new one with POST …/docker-access',
    nextStep: 'Create a new one; check the clocks of client and hub if it should be valid',
  },
  'docker-access-foreign': {
    sentence: 'Accesses of Docker clients have certificates of another CA, which the Docker port refuses',
    cause:
      "In `problems`, and in the list of accesses: the folder `docker-port` in the plugin's data folder was replaced after they were created, or they were restored without it. The port refuses their certificates with `docker-certificate-invalid`",
    nextStep:
      'Revoke these accesses, and create new ones. Or stop the hub, and restore `docker-port` and the store from the same backup',
  },
  'docker-access-not-found': {
    status: 404,
    sentence: 'This environment has no such Docker access',
    nextStep: 'List them with `GET …/docker-access`; it may have been revoked',
  },
  'docker-access-revoked': {
    status: 401,
    sentence: 'The access of this client certificate was revoked',
    nextStep: 'Ask an admin of the hub for a new one',
  },
  'docker-ca-damaged': {
    sentence: 'The CA of the Docker port is damaged',
    cause:
      "`docker-port/ca-key.pem` in the plugin's data folder is missing or damaged. It is never replaced automatically, as it signed all certificates of clients",
    nextStep:
      'Restore a backup. If there is none: remove `docker-port`, start, and create new accesses for all Docker clients',
  },
  'docker-certificate-invalid': {
    status: 401,
    sentence: 'The client certificate was not issued by this hub for its Docker port',
    cause: 'The certificate is self-signed, or from another CA, perhaps that of another or an earlier hub',
    nextStep:
      'Use the `cert.pem` and `key.pem` of this hub; `openssl x509 -in cert.pem -noout -issuer -dates`',
  },
  'docker-certificate-missing': {
    status: 401,
    sentence: 'The Docker port needs a client certificate: set DOCKER_CERT_PATH and DOCKER_TLS_VERIFY=1',
    nextStep: 'Create an access with `POST …/docker-access`, and give the client `cert.pem` and `key.pem`',
  },
  'docker-port-off': {
    status: 409,
    sentence: 'This hub has no Docker port',
    cause: 'The option `dockerPort` (`FAIRLEAD_DOCKER_PORT`) is `none`',
    nextStep: 'Set it to a port, such as 2376',
  },
  'docker-port-taken': {
    sentence: 'The Docker port is in use',
    cause:
      'In `problems`: the port of `dockerPort` (`FAIRLEAD_DOCKER_PORT`) cannot be used; the log line has the reason. A Docker Engine on the same machine may have it. The hub runs without it',
    nextStep:
      'Choose another port or `none`, or stop the process that has it (`ss -ltnp`): the hub tries again every 30 s',
  },
  'exec-not-found': {
    status: 404,
    sentence: 'The engine does not know this exec instance',
    cause:
      'A console was requested for an exec instance that the engine does not know: it ended and was removed, or it is on another node',
    nextStep: 'Create a new one with `POST …/containers/:id/exec`',
  },
  'exec-not-startable': {
    status: 409,
    sentence: 'The exec instance cannot be started as a console',
    cause:
      'A console was requested for an exec instance without a terminal, or for one that was started before',
    nextStep: 'Create a new one, with `Tty: true`',
  },
  'host-consumed-body': {
    status: 500,
    sentence: 'The host dashboard read the body before the plugin: mount the plugin before body parsers',
    cause: 'The host dashboard parses bodies before the plugin gets the request',
    nextStep: 'Mount the plugin before body parsers',
  },
  'host-late-header': {
    sentence: 'Middleware in front of the plugin sets headers after the answer',
    cause:
      'A warning, logged once: middleware in front of the plugin, such as a session, sets headers after the answer. They are dropped',
    nextStep: 'Mount the plugin before it',
  },
  'host-lost-upgrade': {
    status: 500,
    sentence: 'The host dashboard does not forward upgrades to the plugin',
    cause:
      'The host dashboard has no `upgrade` listener: upgrade requests arrive as plain requests. Logged as a warning, once',
    nextStep: 'Add the line that the warning names; see [embedding](embedding.md#the-rules)',
  },
  'host-shared-upgrade': {
    sentence: 'The server has more than one upgrade listener',
    cause:
      "A warning, logged once: the server has more than one `upgrade` listener. Those of socket.io, `ws` and @fastify/websocket end unknown connections, socket.io's after a second",
    nextStep: 'Let one listener call the others; see [embedding](embedding.md#other-upgrade-listeners)',
  },
  'list-too-large': {
    status: 502,
    sentence: 'Lists of all nodes have reached their memory limit',
    cause:
      "In the `nodes` of a list of all nodes: this node's list has over 8 MB, 20,000 entries or 400,000 members; or the current lists hold 64 MB for this environment, or 256 MB in all",
    nextStep: 'Narrow it with `filters` or `limit`, or list only this node: `/nodes/:node/docker/…`',
  },
  'nodes-query-invalid': {
    status: 400,
    sentence: 'The query of a list of all nodes is invalid',
    cause:
      '`nodes` is used in another call than `GET` of `containers/json`, `images/json`, `volumes` or `networks` of an environment, or is not `all`; or `nodeSeconds` is not an integer from 1 to 60',
    nextStep: 'Omit it, or use one of these lists; one node is at `/nodes/:node/docker/…`',
  },
  'origin-foreign': {
    status: 403,
    sentence: 'Consoles open only from pages of this hub',
    cause: 'A page of another site opened the WebSocket of a console',
    nextStep:
      "Open it from the hub's own page; behind a reverse proxy pass the `Host` header on, or set `FAIRLEAD_PUBLIC_URL`",
  },
  'ticket-invalid': {
    status: 401,
    sentence: 'The ticket was used, has expired, or is for something else',
    cause: 'The ticket of a console was used before, is older than 30 s, or is for another one',
    nextStep: 'Request a new one with `POST /tickets`, and open the console at its `url` immediately',
  },
  'too-many-accesses': {
    status: 409,
    sentence: 'The environment already has 100 Docker accesses',
    nextStep: 'Revoke those not in use with `DELETE …/docker-access/:accessId`',
  },
  'too-many-calls': {
    status: 503,
    sentence: 'The hub has too many concurrent calls',
    cause: 'The hub has 4,000 concurrent calls, or 1,000 for this environment',
    nextStep: 'Try again after `Retry-After`; end unused streams',
  },
  'too-many-connections': {
    status: 503,
    sentence: 'This access has too many open connections to the Docker port',
    cause: "Clients with this certificate have 2,000 connections, or a quarter of the hub's file descriptors",
    nextStep: 'End unused clients, or give each one an access of its own',
  },
  'too-many-streams': {
    status: 503,
    sentence: 'The tunnel is at its limit of concurrent streams',
    cause: "This environment's tunnel has reached its limit of streams",
    nextStep: 'Try again after `Retry-After`; end unused streams',
  },
} as const satisfies Record<string, ProblemDefinition>;
