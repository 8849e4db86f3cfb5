import type { EnrolRequest } from '../../../protocol/messages/agent-calls.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Instance, Machine } from '../model/environment.js';
import type { Settings } from '../model/settings.js';
import { SmallMap } from '../model/small-map.js';
import type { TunnelSlots } from '../tunnel/slots.js';
import type { HeldCheckIns } from './held-check-ins.js';
import { type Presence, STARTUP_MS } from './presence.js';

/** The environment whose instances' machines are distinguished. */
export interface ClaimOwner {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  /** Monotonic ms of the hub's start. */
  readonly startedMs: number;
  readonly presence: Presence;
  readonly tunnels: Pick<TunnelSlots, 'isOpenTo'>;
  /** Ends a held check-in, so that a live agent checks in again immediately. */
  readonly held: Pick<HeldCheckIns, 'answer'>;
  settings(): Settings;
}

/** What an enrolling agent reports about its machine. */
export type MachineReport = Pick<EnrolRequest, 'boot' | 'mark'>;

/** The outcome of a known instance's enrolment. `machine` is stored in its record. */
export type MachineClaim =
  /** Unchanged. */
  | { readonly kind: 'same'; readonly machine: Machine | undefined }
  /** It replaces a silent boot, or is the first known boot. The instance gets a new secret. */
  | { readonly kind: 'moved'; readonly machine: Machine }
  /** The replaced boot is back. As `moved`, and the other boot's grants end. */
  | { readonly kind: 'restored'; readonly machine: Machine }
  /** The previous boot may be live: the agent has to retry. */
  | { readonly kind: 'early'; readonly retryAfterSeconds: number }
  /**
   * Another machine is this instance. `machine` is set when this was detected just now: the instance gets a new secret,
   * so that its agent enrols again and receives its new mark.
   */
  | { readonly kind: 'cloned'; readonly machine?: Machine };

/** Another machine that claimed an instance. */
interface Rival {
  readonly boot: string;
  /** Monotonic ms of its first enrolment. */
  readonly sinceMs: number;
  /** Monotonic ms by which the first machine has to check in, else it is replaced. */
  readonly deadlineMs: number;
  /** Monotonic ms of its latest enrolment. */
  readonly askedMs: number;
}

/** Slack for a late check-in, ms; a dead tunnel is detected within it. */
const GRACE_MS = 10_000;
const MAX_RETRY_SECONDS = 60;
/** A refused machine retries within two minutes. One silent for longer is not chosen, ms. */
const RECENT_MS = 5 * 60_000;

/**
 * The rivals of one environment's instances. Distinguishes a restarted machine from a full clone of it; both have the
 * instance's key. A restart ends the previous boot, so an instance seen from two boots at a time runs on two machines.
 * The first one keeps the instance and gets a new mark that the other does not have. From then on only an admin can
 * admit the other.
 */
export class MachineClaims {
  readonly #owner: ClaimOwner;
  /** By instance: the other machine that claimed it last. */
  #rivals: SmallMap<Rival> | null = null;

  constructor(owner: ClaimOwner) {
    this.#owner = owner;
  }

  /** The machine to store at the first enrolment; undefined: the agent cannot identify boots. */
  first({ boot }: MachineReport): Machine | undefined {
    return boot === undefined ? undefined : this.#marked({ boot, previous: null, isContested: false });
  }

  claim(known: Instance, report: MachineReport, intervalMs: number): MachineClaim {
    const { machine } = known;
    if (machine === undefined) {
      const first = this.first(report);
      return first ? { kind: 'moved', machine: first } : { kind: 'same', machine };
    }
    const { boot = '', mark } = report;
    if (boot === machine.boot) return { kind: 'same', machine };
    if (boot !== '' && boot === machine.previous) return this.#restore(known, machine, boot, intervalMs);
    if (!machine.isContested || mark === machine.mark) return this.#compete(known, machine, boot, intervalMs);
    this.#note(known, boot, intervalMs);
    return { kind: 'cloned' };
  }

  /** The instance that another machine claimed last, with that machine. Null: none did recently. */
  chosenRival(instances: readonly Instance[]): { instance: Instance; machine: Machine } | null {
    const now = this.#owner.clock.monotonic();
    for (const [instanceId, { boot, askedMs }] of this.#rivals?.entries().reverse() ?? []) {
      const instance = instances.find((one) => one.id === instanceId);
      if (!instance?.machine || instance.machine.boot === boot) continue;
      if (now - askedMs > RECENT_MS) continue;
      return { instance, machine: this.#marked({ boot, previous: null, isContested: true }) };
    }
    return null;
  }

  /** Forgets the rivals of all other instances. */
  keep(instanceIds: ReadonlySet<string>): void {
    this.#rivals?.keep(instanceIds);
  }

  /** The new boot waits until the first machine checks in, or misses its next check-in. */
  #compete(known: Instance, machine: Machine, boot: string, intervalMs: number): MachineClaim {
    const { clock, presence, tunnels, held } = this.#owner;
    const now = clock.monotonic();
    const rival = this.#note(known, boot, intervalMs);
    if ((presence.arrivedMs(known.id) ?? 0) > rival.sinceMs) {
      if (boot !== '') return { kind: 'cloned', machine: this.#marked({ ...machine, isContested: true }) };
      // An agent that cannot identify its boot proves nothing about its machine: it gets another trial.
      this.#rivals?.delete(known.id);
      this.#note(known, boot, intervalMs);
      return { kind: 'cloned' };
    }
    if (now >= rival.deadlineMs && !tunnels.isOpenTo(known.id)) {
      this.#rivals?.delete(known.id);
      return {
        kind: 'moved',
        machine: this.#marked({ ...machine, boot, previous: machine.boot || machine.previous }),
      };
    }
    held.answer(known.id);
    const seconds = Math.max(1, Math.ceil((rival.deadlineMs - now) / 1_000));
    return { kind: 'early', retryAfterSeconds: Math.min(seconds, MAX_RETRY_SECONDS) };
  }

  /**
   * A replaced boot is back: its machine was cut off, not restarted. If its replacement is live, there are two
   * machines; else one was paused for the other, as with a standby machine or a snapshot with memory.
   */
  #restore(known: Instance, machine: Machine, boot: string, intervalMs: number): MachineClaim {
    const { clock, presence, tunnels } = this.#owner;
    const arrivedMs = presence.arrivedMs(known.id);
    const isOtherLive =
      presence.isHeld(known.id) ||
      tunnels.isOpenTo(known.id) ||
      (arrivedMs !== null && clock.monotonic() - arrivedMs <= intervalMs + GRACE_MS);
    const previous = isOtherLive ? null : machine.boot;
    const isContested = machine.isContested || isOtherLive;
    return { kind: 'restored', machine: this.#marked({ boot, previous, isContested }) };
  }

  /** Records the caller as the latest rival; a new one gets its deadline. */
  #note(known: Instance, boot: string, intervalMs: number): Rival {
    const { clock, presence, startedMs } = this.#owner;
    const now = clock.monotonic();
    const before = this.#rivals?.get(known.id);
    // Agents that may hold check-ins all check in soon after a hub start.
    const startupMs = this.#owner.settings().heldCheckIns
      ? STARTUP_MS
      : Math.max(STARTUP_MS, intervalMs + GRACE_MS);
    const arrivedMs = presence.arrivedMs(known.id);
    const missedMs = arrivedMs === null ? startedMs + startupMs : arrivedMs + intervalMs + GRACE_MS;
    // A held check-in is ended, and a live agent is back within a round trip.
    const deadlineMs = presence.isHeld(known.id) ? now + GRACE_MS : missedMs;
    const rival = {
      ...(before?.boot === boot ? before : { boot, sinceMs: now, deadlineMs }),
      askedMs: now,
    };
    // Last in the map is latest.
    this.#rivals ??= new SmallMap();
    this.#rivals.delete(known.id);
    this.#rivals.set(known.id, rival);
    return rival;
  }

  #marked(machine: Omit<Machine, 'mark'>): Machine {
    return { ...machine, mark: this.#owner.randomBytes(16).toString('base64url') };
  }
}
