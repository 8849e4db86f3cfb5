import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { AGENT_PATHS } from '../../../../protocol/messages/agent-calls.js';
import { type DoctorProblemCode, doctorProblem } from '../../../../protocol/problems/doctor.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { Chain } from '../chain.js';
import type { ApiTarget, Connect } from '../connect.js';

const CLOCK_MS = 6_000;
/** As far as the hub lets timestamps be off; `Date` has whole seconds. */
const MAX_OFF_MS = 61_000;

/**
 * Checks `clock` with the `Date` of an answer, whatever it is. The certificate is not verified: a wrong clock is a reason
 * why it is not accepted, and nothing is sent.
 */
export async function checkClock(
  chain: Chain,
  target: ApiTarget,
  connect: Connect,
  clock: Clock,
): Promise<void> {
  await chain.run('clock', CLOCK_MS, async (signal) => {
    const { date, atMs } = await askDate(target, await connect(CLOCK_MS), clock, signal);
    if (date === null) return { value: false, result: 'skip', text: 'Not checked: the answer has no date' };
    const offMs = atMs - date;
    if (Math.abs(offMs) <= MAX_OFF_MS)
      return { value: true, text: `The clock agrees with the hub's within a minute` };
    const text = `This machine's clock is ${duration(Math.abs(offMs))} ${offMs > 0 ? 'ahead of' : 'behind'} the hub's`;
    const code = 'clock-wrong' satisfies DoctorProblemCode;
    if (!chain.passed('tls')) throw doctorProblem(code, { detail: text });
    return { value: false, result: 'warn', text, code };
  });
}

/** The answer's date, and the middle of the exchange by this machine's clock, ms since the epoch. */
async function askDate(
  { url, host, isSecure }: ApiTarget,
  raw: net.Socket,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ date: number | null; atMs: number }> {
  const startedMs = clock.now();
  const socket = isSecure
    ? tls.connect({ socket: raw, ...(net.isIP(host) ? {} : { servername: host }), rejectUnauthorized: false })
    : raw;
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const request = http.request({
        createConnection: () => socket,
        method: 'HEAD',
        path: `${url.pathname.replace(/\/$/, '')}${AGENT_PATHS.doctor}`,
        headers: { host: url.host, connection: 'close' },
        signal,
      });
      request.on('error', reject).once('response', resolve).end();
    });
    response.resume();
    const date = Date.parse(response.headers.date ?? '');
    return { date: Number.isNaN(date) ? null : date, atMs: (startedMs + clock.now()) / 2 };
  } finally {
    socket.destroy();
    raw.destroy();
  }
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
