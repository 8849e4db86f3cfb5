import * as z from 'zod';
import { environmentView, time } from './environment-view.js';
import { settings } from './settings.js';

const at = time.describe('When the hub noticed.');

/** `data` of each kind of event on `GET /events`, by its name. */
export const eventBodies = {
  reset: z
    .object({
      reason: z
        .enum(['start', 'gap', 'restart'])
        .describe(
          '`start`: a new stream. `gap`: what came since the `Last-Event-ID` is not kept any more. `restart`: that id is from before the hub started, or no id of its own.',
        ),
    })
    .meta({ id: 'ResetEvent', description: 'What the client knows may be out of date: list anew.' }),
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
          'The members that changed, as they are now. `lastCheckInAt` comes with a new status; where the environment is watched, alone as well, in an event without an id.',
        ),
    })
    .meta({ id: 'EnvironmentChangedEvent' }),
  'environment-removed': z
    .object({ at, id: z.int().positive(), name: z.string() })
    .meta({ id: 'EnvironmentRemovedEvent' }),
  'settings-changed': z.object({ at, settings }).meta({ id: 'SettingsChangedEvent' }),
};
