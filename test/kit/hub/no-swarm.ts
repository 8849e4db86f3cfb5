const NONE = new Map();

/** Snapshot files before the first snapshot. */
export const NO_SNAPSHOTS = Object.freeze({ summaries: () => NONE });

/** A roster that no manager has told anything. */
export const SILENT_ROSTER = Object.freeze({ members: () => null, reportedMs: () => null });
