import type { SettingsView } from '../../api.js';

/** What an admin can change at run time. Durations are in seconds; bounds are in `plugin/api/settings.ts`. */
export type Settings = SettingsView;

/** What a new store has. */
export const DEFAULT_SETTINGS: Settings = Object.freeze({
  publicUrl: null,
  tunnelAddress: null,
  checkInSeconds: 5,
  heldCheckIns: true,
  inactivitySeconds: 300,
  snapshotSeconds: 300,
});
