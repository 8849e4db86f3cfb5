/**
 * How long a connection is idle before TCP probes it, ms: less than the 30 s after which the shortest-lived NAT forgets
 * it. Where a probe is not answered, libuv sends another one each second and gives up after ten.
 */
export const TCP_KEEP_ALIVE_MS = 25_000;
