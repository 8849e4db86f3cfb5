import * as z from 'zod';

/** What an admin can change at run time; `GET/PATCH /settings`. */
export const settingsSchema = z.strictObject({
  /** The plugin's base URL as agents reach it; null: taken from each request. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .nullable(),
  /** `host:port` agents are told; null: host of the URL and the tunnel's port. */
  tunnelAddress: z.string().max(300).nullable(),
  /** Seconds between plain check-ins. */
  checkInSeconds: z.int().min(1).max(86_400),
  /** Whether agents may hold a check-in open until something changes. */
  heldCheckIns: z.boolean(),
  /** Seconds without use after which a tunnel closes. */
  inactivitySeconds: z.int().min(5).max(86_400),
  /** Seconds between regular snapshots; 0: none. */
  snapshotSeconds: z
    .int()
    .max(86_400)
    .refine((seconds) => seconds === 0 || seconds >= 10, 'must be 0 or at least 10'),
});

/** Durations are in seconds; see {@link settingsSchema} for bounds. */
export type Settings = z.infer<typeof settingsSchema>;

/** What a new store has. */
export const DEFAULT_SETTINGS: Settings = Object.freeze({
  publicUrl: null,
  tunnelAddress: null,
  checkInSeconds: 5,
  heldCheckIns: true,
  inactivitySeconds: 300,
  snapshotSeconds: 300,
});
