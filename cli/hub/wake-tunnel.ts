import { setTimeout as delay } from 'node:timers/promises';
import type { TunnelView } from '../../plugin/api.js';
import { EXIT, Failure } from '../failure.js';
import type { Runtime } from '../runtime.js';
import type { HubClient } from './client.js';

/** The longest wait that the API accepts, s. */
const MAX_WAIT_SECONDS = 60;
/** Between two reads of the progress, ms. */
const POLL_MS = 100;
/** On top of the wait, for the call itself. */
const CALL_MS = 15_000;

export interface WakeOptions {
  readonly seconds: number;
  /** Called for each view until the tunnel is active, the last one included. */
  readonly onView: (view: TunnelView) => void;
}

/**
 * Requests the tunnel of an environment and waits until it is active.
 * @throws Failure if it is not active in time, or cannot be
 */
export async function wakeTunnel(
  hub: HubClient,
  { clock }: Pick<Runtime, 'clock'>,
  id: number,
  { seconds, onView }: WakeOptions,
): Promise<void> {
  const path = `/api/environments/${id}/tunnel`;
  const deadlineMs = clock.monotonic() + seconds * 1_000;
  const settled = new AbortController();
  const watch = watchProgress(hub, path, onView, settled.signal);
  try {
    for (;;) {
      const leftSeconds = Math.max(0, (deadlineMs - clock.monotonic()) / 1_000);
      const wait = Math.min(MAX_WAIT_SECONDS, leftSeconds);
      const { status, body } = await hub.call<TunnelView>('POST', path, {
        body: { wait },
        timeoutMs: wait * 1_000 + CALL_MS,
      });
      if (status === 200) {
        settled.abort();
        await watch;
        return onView(body);
      }
      if (clock.monotonic() >= deadlineMs) throw notInTime(seconds, body);
    }
  } finally {
    settled.abort();
    await watch;
  }
}

/** Reports the progress while the wait is on. Errors are left to the wait. */
async function watchProgress(
  hub: HubClient,
  path: string,
  onView: (view: TunnelView) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { body } = await hub.call<TunnelView>('GET', path, { signal });
      if (!signal.aborted) onView(body);
      await delay(POLL_MS, undefined, { signal });
    } catch {
      if (!signal.aborted) await delay(POLL_MS);
    }
  }
}

function notInTime(seconds: number, { progress, problem }: TunnelView): Failure {
  const reason =
    problem?.detail ??
    (progress === 'credential-sent'
      ? 'the agent got its credential, and did not open it'
      : 'the agent has not fetched its credential yet');
  return new Failure(`The tunnel is not active after ${seconds} s: ${reason}`, {
    exitCode: EXIT.unreachable,
    code: problem?.code,
    nextStep:
      progress === 'credential-sent'
        ? "Check that the agent's machine reaches the tunnel port of the hub"
        : 'Wait for its next check-in: fairlead open NAME --wait 300',
  });
}
