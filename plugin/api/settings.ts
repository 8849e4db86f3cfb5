import * as z from 'zod';

/** `GET /settings`: what an admin can change at run time. */
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
      .describe("`host:port` agents are told; null: host of the URL and the tunnel's port."),
    checkInSeconds: z.int().min(1).max(86_400).describe('Between plain check-ins. First 5.'),
    heldCheckIns: z
      .boolean()
      .describe('Whether agents may hold a check-in open until something changes. First true.'),
    inactivitySeconds: z
      .int()
      .min(5)
      .max(86_400)
      .describe("A tunnel nobody uses closes after this; an agent's own time goes before it. First 300."),
    snapshotSeconds: z
      .union([z.literal(0), z.int().min(10).max(86_400)], 'must be 0, or 10 to 86400')
      .describe('Between regular snapshots; 0: none. First 300.'),
  })
  .meta({ id: 'Settings' });

/** `PATCH /settings`; what is absent stays. */
export const changeSettings = z
  .strictObject(settings.shape)
  .partial()
  .meta({ id: 'ChangeSettings', description: 'What is absent stays; unknown members are refused.' });
