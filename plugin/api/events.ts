import * as z from 'zod';
import { environmentView, time } from './environments/view.js';
import { settings } from './settings.js';

const at = time.describe('When the hub noticed it.');

/** `data` of each kind of event on `GET /events`, by its name. */
export const eventBodies = {
  reset: z
    .object({
      reason: z
        .enum(['start', 'gap', 'restart'])
        .describe(
          '`start`: a new stream. `gap`: the events since the `Last-Event-ID` are no longer kept. `restart`: that id is from before the hub started, or unknown.',
        ),
    })
    .meta({ id: 'ResetEvent', description: 'The client’s state may be stale: fetch the list again.' }),
  'environment-created': z
    .object({ at, environment: environmentView })
    .meta({ id: 'EnvironmentCreatedEvent' }),
  'environment-changed': z
    .object({
      at,
      id: z.int().positive(),
      changes: environmentView
        .partial()
        .describe(
          'The changed members. `lastCheckInAt` is sent with a new status; for a watched environment also alone, in an event without an id.',
        ),
    })
    .meta({ id: 'EnvironmentChangedEvent' }),
  'environment-removed': z
    .object({ at, id: z.int().positive(), name: z.string() })
    .meta({ id: 'EnvironmentRemovedEvent' }),
  'settings-changed': z.object({ at, settings }).meta({ id: 'SettingsChangedEvent' }),
};
