import * as z from 'zod';
import { printable } from '../printable.js';
import { environmentView, time } from './view.js';

const name = printable(z.string().trim().min(1).max(100));
const tags = z.array(printable(z.string().trim().min(1).max(64))).max(32);
const checkInSeconds = z.int().min(1).max(86_400);
const url = z.string().max(2048);
const tunnelAddress = z.string().max(300).nullable();
const insecurePoll = z
  .boolean()
  .exactOptional()
  .describe(
    'Whether printed commands set `EDGE_INSECURE_POLL=1`, with which agents accept any certificate. Default: true if the hub’s certificate is from a private CA.',
  );

/** `POST /environments`. */
export const createEnvironment = z
  .object({
    name: name.describe('Unique.'),
    url: url
      .exactOptional()
      .describe(
        "The plugin's base URL as the agent reaches it; without a path the mount is added. Default: the setting `publicUrl`, else the plugin's option of that name, else the call's own address.",
      ),
    tunnelAddress: tunnelAddress
      .exactOptional()
      .describe(
        "`host:port`; null: tunnels go by the URL only. Default: the setting `tunnelAddress`, else the plugin's option, else the URL's host and the tunnel's port; null if the hub has no tunnel port.",
      ),
    edgeId: z
      .string()
      .max(64)
      .nullable()
      .exactOptional()
      .describe('A UUID; null: the first agent sets it. Default: a random one.'),
    tags: tags.exactOptional().describe('Default: none.'),
    checkInSeconds: checkInSeconds.exactOptional().describe('Default: the setting of the same name.'),
    insecurePoll,
  })
  .meta({ id: 'CreateEnvironment' });

/** `PATCH /environments/:id`; absent members are unchanged. */
export const changeEnvironment = z
  .object({
    name: name.exactOptional(),
    tags: tags.exactOptional(),
    checkInSeconds: checkInSeconds
      .nullable()
      .exactOptional()
      .describe('Null: the setting of the same name applies.'),
  })
  .meta({
    id: 'ChangeEnvironment',
    description:
      'Absent members are unchanged. The addresses are part of issued Edge keys: `rotate-key` changes them.',
  });

/** Commands, ready to paste, that start an agent with this key. */
export const printedCommands = z
  .object({
    standalone: z.string().describe('`docker run`, for one engine.'),
    swarm: z.string().describe('`docker service create`, an agent on each node of a Swarm.'),
    stack: z
      .string()
      .describe('A file for `docker stack deploy`. It refers to the secret that `stackSecret` creates.'),
    stackSecret: z
      .string()
      .describe(
        '`docker secret create`: stores the Edge key as a Swarm secret; run it before the stack is deployed.',
      ),
    podman: z.string().describe('`podman run`, rootful.'),
  })
  .meta({ id: 'PrintedCommands' });

/** The only time an Edge key is shown: the hub keeps a hash. */
export const issuedKey = z.object({
  edgeKey: z.string().describe('Shown only once: the hub keeps a hash.'),
  commands: printedCommands.describe('Ready to paste: start an agent with this key.'),
});

/** 201 of `POST /environments`. */
export const environmentCreated = environmentView.extend(issuedKey.shape).meta({ id: 'EnvironmentCreated' });

/** `POST /environments/:id/rotate-key`. */
export const rotateKey = z
  .object({
    overlapSeconds: z
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(86_400)
      .describe('How long the old key stays valid; 0 ends it, and its tunnel, immediately.'),
    url: url
      .exactOptional()
      .describe('New address of the hub, as the agent reaches it. Default: as in the old key.'),
    tunnelAddress: tunnelAddress
      .exactOptional()
      .describe(
        'New address of the tunnel, as the agent reaches it; null: tunnels go by the URL only. Default: as in the old key.',
      ),
    insecurePoll,
  })
  .meta({ id: 'RotateKey' });

/** 200 of `POST /environments/:id/rotate-key`. */
export const keyRotated = issuedKey
  .extend({ oldKeyEndsAt: time.nullable().describe('Null: it ended immediately.') })
  .meta({ id: 'KeyRotated' });
