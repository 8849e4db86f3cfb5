import * as z from 'zod';

/** `GET /settings`: settings that an admin can change at run time. */
export const settings = z
  .strictObject({
    publicUrl: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .nullable()
      .describe("The plugin's base URL as agents reach it; null: taken from each request."),
    tunnelAddress: z
      .string()
      .max(300)
      .nullable()
      .describe("`host:port` for agents; null: host of the URL and the tunnel's port."),
    checkInSeconds: z.int().min(1).max(86_400).describe('Interval between plain check-ins. Initially 5.'),
    heldCheckIns: z
      .boolean()
      .describe('Whether agents may hold a check-in open until something changes. Initially true.'),
    inactivitySeconds: z
      .int()
      .min(5)
      .max(86_400)
      .describe("An unused tunnel closes after this; an agent's own setting has priority. Initially 300."),
    snapshotSeconds: z
      .union([z.literal(0), z.int().min(10).max(86_400)], 'must be 0, or 10 to 86400')
      .describe('Interval between regular snapshots; 0: none. Initially 300.'),
  })
  .meta({ id: 'Settings' });

/** `PATCH /settings`; absent members are unchanged. */
export const changeSettings = z
  .strictObject(settings.shape)
  .partial()
  .meta({ id: 'ChangeSettings', description: 'Absent members are unchanged; unknown ones are rejected.' });
