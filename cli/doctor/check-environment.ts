import { plain } from '../../protocol/problems/problem.js';
import { definitionOf } from '../../protocol/problems.js';
import { Failure } from '../failure.js';
import type { HubClient } from '../hub/client.js';
import { findEnvironment } from '../hub/environments.js';
import { wakeTunnel } from '../hub/wake-tunnel.js';
import { withDeadline } from '../hub/with-deadline.js';
import type { Session } from '../session.js';
import { duration } from '../terminal/duration.js';
import type { Checklist } from './checklist.js';
import { pingDockerPort } from './ping-docker-port.js';

/** Validity of the certificate for the check, ms; it is revoked afterwards. */
const ACCESS_MS = 10 * 60 * 1000;
const WAKE_SECONDS = 60;
const PING_MS = 60_000;

/** Checks an environment: its status and problem, its tunnel, and its engine through the Docker port. */
export async function checkEnvironment(
  list: Checklist,
  session: Session,
  hub: HubClient,
  name: string,
): Promise<void> {
  const { runtime } = session;
  const environment = await list.run('environment', async () => {
    const found = await findEnvironment(hub, name);
    const code =
      found.problem?.code ?? (found.status === 'online' ? undefined : `environment-${found.status}`);
    const known = code === undefined ? undefined : definitionOf(code);
    if (found.problem !== null || (found.status !== 'online' && found.status !== 'degraded'))
      throw new Failure(
        `${found.status}: ${found.problem?.detail ?? known?.sentence ?? 'no agent is online'}`,
        {
          code,
          nextStep: known ? plain(known.nextStep) : 'Start its agent with the command that the hub printed',
        },
      );
    return { text: `${found.name} is ${found.status}`, value: found };
  });
  if (environment === undefined) return;

  const isOpen = await list.run('tunnel', async () => {
    const begunMs = runtime.clock.monotonic();
    await wakeTunnel(hub, runtime, environment.id, { seconds: WAKE_SECONDS, onView: () => undefined });
    return { text: `active after ${duration(runtime.clock.monotonic() - begunMs)}`, value: true };
  });
  if (!isOpen) return;

  const accesses = session.accesses(hub);
  const access = await list.run('certificate', async () => {
    const value = await accesses.create(environment, {
      name: `doctor on ${runtime.hostName}`,
      expiresAt: new Date(runtime.clock.now() + ACCESS_MS),
    });
    return { text: 'issued for the Docker port', value };
  });
  if (access === undefined) return;
  try {
    await list.run('docker port', async () => {
      const begunMs = runtime.clock.monotonic();
      const version = await withDeadline(runtime, PING_MS, (signal) =>
        pingDockerPort(access, { clock: runtime.clock, signal }),
      );
      const ms = duration(runtime.clock.monotonic() - begunMs);
      return { text: `${access.host}: the engine answers in ${ms}, API ${version}`, value: true };
    });
  } finally {
    await accesses.discard(access);
  }
}
