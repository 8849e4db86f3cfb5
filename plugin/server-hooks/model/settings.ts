import type { SettingsView } from '../../api.js';

/** Settings that an admin can change at run time. Durations are in seconds; bounds are in `plugin/api/settings.ts`. */
export type Settings = SettingsView;

/** The settings of a new store. */
export const DEFAULT_SETTINGS: Settings = Object.freeze({
  publicUrl: null,
  tunnelAddress: null,
  checkInSeconds: 5,
  heldCheckIns: true,
  inactivitySeconds: 300,
  snapshotSeconds: 300,
});
