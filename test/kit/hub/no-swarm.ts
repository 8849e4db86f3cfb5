const NONE = new Map();

/** Snapshot files before the first snapshot. */
export const NO_SNAPSHOTS = Object.freeze({ summaries: () => NONE });

/** A roster without a report of any manager. */
export const SILENT_ROSTER = Object.freeze({ members: () => null, reportedMs: () => null });
