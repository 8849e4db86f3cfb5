import * as z from 'zod';
import { environmentView, time } from './environment-view.js';
import { printable } from './printable.js';

const name = printable(z.string().trim().min(1).max(100));
const tags = z.array(printable(z.string().trim().min(1).max(64))).max(32);
const checkInSeconds = z.int().min(1).max(86_400);
const url = z.string().max(2048);
const tunnelAddress = z.string().max(300);
const insecurePoll = z
  .boolean()
  .exactOptional()
  .describe(
    'Whether printed commands carry `EDGE_INSECURE_POLL=1`, with which agents take any certificate. Default: where the certificate of the hub is from a CA of its own.',
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
        "`host:port`. Default: the setting `tunnelAddress`, else the plugin's option, else the URL's host and the tunnel's port.",
      ),
    edgeId: z
      .string()
      .max(64)
      .nullable()
      .exactOptional()
      .describe('A UUID; null leaves it to the first agent. Default: a random one.'),
    tags: tags.exactOptional().describe('Default: none.'),
    checkInSeconds: checkInSeconds.exactOptional().describe('Default: the setting of the same name.'),
    insecurePoll,
  })
  .meta({ id: 'CreateEnvironment' });

/** `PATCH /environments/:id`; what is absent stays. */
export const changeEnvironment = z
  .object({
    name: name.exactOptional(),
    tags: tags.exactOptional(),
    checkInSeconds: checkInSeconds
      .nullable()
      .exactOptional()
      .describe('Null: the setting of the same name holds.'),
  })
  .meta({
    id: 'ChangeEnvironment',
    description:
      'What is absent stays. The addresses are part of issued Edge keys: `rotate-key` changes them.',
  });

/** Ready to paste: how an agent is started with this key. */
export const printedCommands = z
  .object({
    standalone: z.string().describe('`docker run`, for one engine.'),
    swarm: z.string().describe('`docker service create`, an agent on each node of a Swarm.'),
    stack: z
      .string()
      .describe(
        'The same as a file for `docker stack deploy`. It names the secret that `stackSecret` makes.',
      ),
    stackSecret: z
      .string()
      .describe(
        '`docker secret create`: makes the Edge key a secret of the Swarm, before the stack is deployed.',
      ),
    podman: z.string().describe('`podman run`, rootful.'),
  })
  .meta({ id: 'PrintedCommands' });

/** The one time an Edge key is shown: the hub keeps a hash. */
export const issuedKey = z.object({
  edgeKey: z.string().describe('Shown this once: the hub keeps a hash.'),
  commands: printedCommands.describe('Ready to paste: how an agent is started with this key.'),
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
      .describe('How long the old key holds beside the new one; 0 ends it, and its tunnel, at once.'),
    url: url
      .exactOptional()
      .describe('New address of the hub, as the agent reaches it. Default: what the old key says.'),
    tunnelAddress: tunnelAddress
      .exactOptional()
      .describe('New address of the tunnel, as the agent reaches it. Default: what the old key says.'),
    insecurePoll,
  })
  .meta({ id: 'RotateKey' });

/** 200 of `POST /environments/:id/rotate-key`. */
export const keyRotated = issuedKey
  .extend({ oldKeyEndsAt: time.nullable().describe('Null: it ended at once.') })
  .meta({ id: 'KeyRotated' });
