import type { ReportRow } from '../report.js';
import { wireBetween } from './count.js';
import type { AgentName, Readings } from './lab.js';

/** Two readings, one after the other. */
export interface Window {
  readonly before: Readings;
  readonly after: Readings;
}

/** An agent's cost in a window, on both ports. */
export interface Spent {
  readonly minutes: number;
  readonly up: number;
  readonly down: number;
  readonly packets: number;
  /** To the API port. */
  readonly requests: number;
  readonly cpuMs: number;
  /** At the window's end. */
  readonly residentMiB: number;
}

/** Heads of IPv4 and of TCP with time stamps (RFC 791, 9293, 7323), bytes. */
const HEADS = 20 + 20 + 12;
/** Number of agents in the fleet column. */
const FLEET = 15_000;

export function spent({ before, after }: Window, agent: AgentName): Spent {
  const [first, last] = [before.agents[agent], after.agents[agent]];
  const api = wireBetween(first.api, last.api);
  const tunnel = wireBetween(first.tunnel, last.tunnel);
  return {
    minutes: (after.atMs - before.atMs) / 60_000,
    up: api.up + tunnel.up,
    down: api.down + tunnel.down,
    packets: api.packets + tunnel.packets,
    requests: api.requests,
    cpuMs: last.cpuMs - first.cpuMs,
    residentMiB: last.residentMiB,
  };
}

/** The same as rates, and the bandwidth of a fleet of such agents. */
export function perMinute(spent: Spent, baseline: Spent): ReportRow['figures'] {
  const { minutes, up, down, packets, requests, cpuMs, residentMiB } = spent;
  const bytes = (up + down) / minutes;
  return {
    'B/min up': up / minutes,
    'B/min down': down / minutes,
    'requests/min': requests / minutes,
    'packets/min': packets / minutes,
    'B/min with heads': bytes + (packets * HEADS) / minutes,
    '× plain bytes': bytes / ((baseline.up + baseline.down) / baseline.minutes),
    [`Mbit/s of ${FLEET.toLocaleString('en')}`]: (bytes * 8 * FLEET) / 60 / 1e6,
    'CPU ms/min': cpuMs / minutes,
    'RSS MiB': residentMiB,
  };
}
