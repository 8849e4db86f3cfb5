import type { ProblemDefinition } from './problem.js';

/** Codes of the REST API, and those that hub and host answer alike. */
export const API_PROBLEMS = {
  'bad-host': {
    status: 400,
    sentence: 'The Host header is not one host[:port]',
    cause: 'The `Host` header, or `:authority`, is missing, repeated, or not `host[:port]`',
    nextStep: 'Send one; let a proxy pass on the one it received',
  },
  'bad-request': {
    status: 400,
    sentence: 'The body is malformed',
    cause: 'The body has a member that is missing or malformed; `detail` names it',
    nextStep: 'Correct the named member',
  },
  'body-incomplete': {
    status: 400,
    sentence: 'The body ended early',
    cause: 'The connection closed before the whole body had arrived',
    nextStep: 'Repeat the call; check proxies in between',
  },
  'body-late': {
    status: 408,
    sentence: 'The body did not arrive within 30 s',
    nextStep: 'Check the network between caller and hub',
  },
  'body-not-json': {
    status: 400,
    sentence: 'The body is not JSON in UTF-8',
    nextStep: 'Correct it',
  },
  'body-too-complex': {
    status: 400,
    sentence: 'The body has too many members, or is nested too deeply',
    cause:
      "The body's JSON has too many members or levels: 20,000 in a small body, a million in a snapshot; or it took more than 10 s to read",
    nextStep: 'Send less in one call',
  },
  'body-too-large': {
    status: 413,
    sentence: 'The body is too large',
    cause: 'The body is larger than this call accepts; 16 KiB for the sign-in and token calls of the host',
    nextStep: 'Send less',
  },
  'ca-not-known': {
    status: 404,
    sentence: "The host's certificate is not from a private CA",
    cause: "The hub's certificate is not from its own CA",
    nextStep: 'Clients need no CA file, or that of the authority that signed it',
  },
  'cursor-invalid': {
    status: 400,
    sentence: 'The cursor is malformed or from another list: start without one',
    cause: 'The cursor of a list is invalid, or belongs to a list in another order or with other filters',
    nextStep: 'Start without `cursor`; between pages change only `limit`',
  },
  forbidden: {
    status: 403,
    sentence: 'These credentials do not allow this',
    cause: 'The caller may not do this, such as a token of one environment that asks for more',
    nextStep: 'Use a session, or a token that is not bound to another environment',
  },
  internal: {
    status: 500,
    sentence: "Internal error: see the hub's log",
    cause: 'An internal error in the hub',
    nextStep: "Check the hub's log at that time",
  },
  'method-not-allowed': {
    status: 405,
    sentence: 'Method not allowed: see the Allow header',
    cause:
      'The address exists, but not with this method. The Docker API knows GET, HEAD, POST, PUT, DELETE and OPTIONS only',
    nextStep: 'See the `Allow` header',
  },
  'name-taken': {
    status: 409,
    sentence: 'Another environment has this name',
    nextStep: 'Choose another name',
  },
  'no-clone': {
    status: 409,
    sentence: "No clone of an agent's machine has tried to enrol in the last five minutes",
    cause:
      "`accept-clone` was called, and no clone of an agent's machine has tried to connect for five minutes",
    nextStep: 'Wait two minutes: a running clone retries automatically',
  },
  'not-found': {
    status: 404,
    sentence: 'Nothing is served at this address',
    cause: 'Nothing is served at this address, or there is no such API token',
    nextStep: "Check address and method; the plugin's addresses are below `/edge`",
  },
  'store-closed': {
    status: 503,
    sentence: 'The store is not open',
    cause: 'A change arrived while the hub was starting or stopping',
    nextStep: 'Try again once it runs',
  },
  'store-unwritable': {
    status: 503,
    sentence: 'The change could not be stored',
    cause: 'The disk did not accept a change; it was rolled back and nothing is stored',
    nextStep:
      "Check the hub's log and the disk (full, read-only, permissions), then repeat the call; nothing needs repair",
  },
  'too-many-bodies': {
    status: 503,
    sentence: 'Too many concurrent bodies',
    cause:
      '512 calls that need their bodies for authentication are being received, or 128 from one IPv4 address or IPv6 /64, and this one is the oldest of the fullest network',
    nextStep:
      'Repeat the call after a second. Repeatedly: the hub is being flooded; check `refused` of the webhooks',
  },
  'too-many-event-streams': {
    status: 429,
    sentence: 'There are too many event streams already',
    cause: '256 event streams are open, or 32 of this caller',
    nextStep: 'Close unused ones, or retry after 30 s',
  },
  'too-many-self-tests': {
    status: 429,
    sentence: 'There are too many self-tests: at most 10 a minute',
    cause: '`POST /self-test` was called ten times within a minute',
    nextStep: 'Retry after the seconds in `Retry-After`',
  },
  'too-many-webhooks': {
    status: 409,
    sentence: 'There are already 50 webhooks',
    nextStep: '`DELETE` those not in use',
  },
  unauthorized: {
    status: 401,
    sentence: 'Sign in, or send an API token',
    cause:
      'The call has no session or API token, it has expired, or a cookie came without `X-Fairlead-CSRF: 1`',
    nextStep: 'Sign in, or send an API token as `Authorization: Bearer`',
  },
  'webhook-busy': {
    status: 429,
    sentence: 'A webhook accepts 1,000 new messages in 10 minutes',
    nextStep: 'Send the rest after the seconds in `Retry-After`, or use `POST …/environments`',
  },
  'webhook-not-found': {
    status: 404,
    sentence: 'There is no such webhook',
    nextStep: '`GET /edge/api/webhooks` lists them',
  },
  'webhook-repeated': {
    status: 409,
    sentence: 'A message with this webhook-id was already answered',
    cause:
      'A message with this `webhook-id` was answered before, and the answer is no longer available: it is older than 15 minutes, the hub was restarted since, the body differs, or its Edge key has ended; `environmentId` is the one it created',
    nextStep:
      'A new message has a new `webhook-id`. If the Edge key is lost, rotate the key of that environment',
  },
  'webhook-unauthorized': {
    status: 401,
    isSilent: true,
    sentence: 'Invalid signature',
    cause:
      "No such webhook, a wrong secret or signature, a header that is missing or malformed, or a time more than 5 minutes off the hub's",
    nextStep:
      'Compare address and secret with the answer of `POST …/webhooks`, sign the sent bytes, set the clocks; [webhooks.md](webhooks.md) has working samples',
  },
} as const satisfies Record<string, ProblemDefinition>;
