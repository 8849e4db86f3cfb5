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

/** Longest hold, seconds: below the 60 s at which reverse proxies give up by default. */
const MAX_HOLD_SECONDS = 50;

/** Longest hold granted now, seconds; 0: none. */
export function maxHoldSeconds({ heldCheckIns }: Settings): number {
  return heldCheckIns ? MAX_HOLD_SECONDS : 0;
}

/** Seconds between an environment's plain check-ins: its own setting, else the hub's. */
export function checkInSecondsOf(
  { checkInSeconds }: { readonly checkInSeconds: number | null },
  settings: Settings,
): number {
  return checkInSeconds ?? settings.checkInSeconds;
}
