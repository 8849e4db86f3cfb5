/**
 * Backlog of `listen(2)`; Linux caps it at `net.core.somaxconn` (4,096). After a hub restart the whole fleet dials at the
 * same time, and a dropped SYN is retried only a second later.
 */
export const LISTEN_BACKLOG = 4_096;
