/**
 * The status of each code a documented call may be refused with; every one has its row in docs/errors.md. Calls name
 * their own codes in `problems`; what follows from a call's shape (access, body, environment) is added to those.
 */
export const PROBLEM_STATUSES = Object.freeze({
  'attach-ws-refused': 403,
  'bad-docker-path': 400,
  'bad-upgrade-body': 400,
  'bad-request': 400,
  'body-incomplete': 400,
  'body-late': 408,
  'body-not-json': 400,
  'body-too-large': 413,
  'buildkit-unsupported': 501,
  'ca-not-known': 404,
  'cursor-invalid': 400,
  'dial-timeout': 504,
  'edge-id-malformed': 400,
  'engine-bad-response': 502,
  'engine-redirect': 502,
  'engine-unreachable': 502,
  'environment-not-associated': 503,
  'environment-not-found': 404,
  'environment-offline': 503,
  'exec-not-found': 404,
  'exec-not-startable': 409,
  forbidden: 403,
  'host-consumed-body': 500,
  internal: 500,
  'method-not-allowed': 405,
  'name-taken': 409,
  'node-ambiguous': 409,
  'node-not-found': 404,
  'node-offline': 503,
  'node-without-agent': 503,
  'nodes-query-invalid': 400,
  'snapshot-busy': 503,
  'snapshot-not-found': 404,
  'snapshot-timeout': 504,
  'snapshot-unreadable': 503,
  'store-closed': 503,
  'store-unwritable': 503,
  'swarm-manager-unavailable': 503,
  'too-many-bodies': 503,
  'too-many-calls': 503,
  'too-many-event-streams': 429,
  'too-many-self-tests': 429,
  'too-many-streams': 503,
  'too-many-webhooks': 409,
  'tunnel-closed': 503,
  'tunnel-lost': 502,
  'tunnel-timeout': 504,
  unauthorized: 401,
  'webhook-busy': 429,
  'webhook-not-found': 404,
  'webhook-repeated': 409,
  'webhook-unauthorized': 401,
} as const);

/** A code that a call may name in `problems`. */
export type ProblemCode = keyof typeof PROBLEM_STATUSES;

/** What every call that changes something may answer. */
export const STORE_PROBLEMS = ['store-closed', 'store-unwritable'] as const;
