import type { ProblemDefinition } from './problem.js';

/** Codes of the bundled dashboard. */
export const HOST_PROBLEMS = {
  'bad-password': {
    status: 401,
    sentence: 'Wrong password',
    cause: 'The admin password is wrong',
    nextStep: 'Try again; to replace a lost one, start the hub once with `FAIRLEAD_ADMIN_PASSWORD` set',
  },
  'bad-request-target': {
    status: 400,
    sentence:
      'The target of the request is neither a path nor a URL in ASCII: percent-encode other bytes, such as ä to %C3%A4',
    cause:
      'The target of a request is neither a path nor a URL, or has bytes beyond ASCII or control characters that are not percent-encoded',
    nextStep:
      'Percent-encode them, such as `ä` to `%C3%A4`; `curl --get --data-urlencode` does. Docker clients do so automatically',
  },
  'body-too-slow': {
    status: 408,
    sentence: 'The body took more than 10 s',
    cause: 'The body of a sign-in or token call did not arrive within 10 s',
    nextStep: 'Check the network between client and hub, try again',
  },
  'ca-ends-soon': {
    sentence: "The CA of the hub's certificate ends soon",
    cause:
      "In `problems` of `/healthz`: the CA of the hub's certificate has less than 180 days or a sixth of its life left",
    nextStep:
      'Create a new one ([certificates](deploying.md#certificates)) and give it to agents and clients',
  },
  'ca-not-valid': {
    sentence: "The CA of the hub's certificate is not valid now",
    cause:
      "In `problems` of `/healthz`: by the hub's clock the CA has expired or is not valid yet. It is kept",
    nextStep:
      "Correct the machine's clock. If that is right, create a new CA ([certificates](deploying.md#certificates))",
  },
  'certificate-ends-soon': {
    sentence: "The hub's certificate ends soon",
    cause: 'In `problems` of `/healthz`: the certificate has less than 14 days or a sixth of its life left',
    nextStep: 'Check why its issuer has not renewed it. The hub renews its own unless its CA ends',
  },
  'certificate-not-valid': {
    sentence: "The hub's certificate is not valid now",
    cause:
      "In `problems` of `/healthz`: by the hub's clock the certificate, or one of its chain, has expired or is not valid yet",
    nextStep: "Correct the machine's clock, or renew the certificate",
  },
  'certificate-unreadable': {
    sentence: "The hub's certificate cannot be read",
    cause:
      "In `problems` of `/healthz`: the certificate's files are missing, damaged or do not match. The last good pair is in use",
    nextStep: 'The log names the files; provide a matching pair',
  },
  'headers-late': {
    status: 408,
    sentence: 'The headers did not arrive within 60 s',
    nextStep: 'Check the network between caller and hub',
  },
  'headers-too-large': {
    status: 431,
    sentence: 'The headers are larger than 256 KiB',
    nextStep: 'Send fewer; `X-Registry-Config` with many registries is the usual cause',
  },
  'not-http': {
    status: 400,
    sentence: 'The request is not valid HTTP/1.1',
    cause:
      'The request is not valid HTTP/1.1: a duplicate `Content-Length`, a control character in a header and the like',
    nextStep: 'Check the client, and proxies in between',
  },
  'plugin-failed': {
    sentence: 'A plugin could not start or stop',
    cause:
      'In `problems` of `/healthz`: a plugin could not start or stop. If it refuses its data (`store-…`, `tunnel-key-damaged`) the dashboard does not start',
    nextStep:
      '`GET /api/plugins` or the log has the reason; `PATCH /api/plugins/:id {"enabled": true}` retries',
  },
  'rate-limited': {
    status: 429,
    sentence: 'Too many sign-in attempts: try again later',
    cause:
      'Too many sign-in attempts from one address (10 in 5 minutes), or more from unknown callers than can wait (60 a minute, then one a second). Browsers and addresses that signed in before have their own limits',
    nextStep:
      'Wait for the seconds in `Retry-After`; behind a reverse proxy set `FAIRLEAD_TRUST_PROXY`, else all users count as one',
  },
  'too-many-tokens': {
    status: 409,
    sentence: 'There are already 500 API tokens',
    nextStep: 'Revoke those not in use with `DELETE /api/tokens/:id`',
  },
} as const satisfies Record<string, ProblemDefinition>;
