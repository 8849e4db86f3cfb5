/**
 * Connections that may wait to be accepted, as `listen(2)` has it; Linux caps it at `net.core.somaxconn` (4,096). After a
 * start of the hub a whole fleet dials at once, and a SYN that finds no place is tried again a second later.
 */
export const LISTEN_BACKLOG = 4_096;
