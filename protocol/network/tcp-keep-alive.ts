/**
 * Idle time before the first TCP keep-alive probe, ms: less than the 30 s after which the strictest NATs drop a mapping.
 * libuv repeats an unanswered probe each second and gives up after ten.
 */
export const TCP_KEEP_ALIVE_MS = 25_000;
