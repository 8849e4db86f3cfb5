import type { EnrolRequest } from '../../../protocol/agent-calls.js';
import type { Clock } from '../../../protocol/clock.js';
import type { Environment, Instance, Machine } from '../model/environment.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import { STARTUP_MS } from './availability.js';
import type { Presence } from './presence.js';

export interface MachineClaimsOptions {
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  /** Whether agents may hold check-ins: then all are heard soon after a start of the hub. */
  readonly isHolding: () => boolean;
  /** Ends an instance's held check-in, so that a living agent checks in again at once. */
  readonly endHold: (environmentId: number, instanceId: string) => void;
}

/** What an enrolling agent reports of its machine. */
export type MachineReport = Pick<EnrolRequest, 'boot' | 'mark'>;

/** What becomes of an enrolment of a known instance. `machine` is what the record holds from now on. */
export type MachineClaim =
  /** It goes on as it was. */
  | { readonly kind: 'same'; readonly machine: Machine | undefined }
  /** It takes the place of a boot that is silent, or is the first whose boot is known. The instance gets a new secret. */
  | { readonly kind: 'moved'; readonly machine: Machine }
  /** The boot that had the place before is heard again. The same, and what the other boot was granted ends. */
  | { readonly kind: 'restored'; readonly machine: Machine }
  /** The boot before it may live: it is asked to come again. */
  | { readonly kind: 'early'; readonly retryAfterSeconds: number }
  /**
   * Another machine has the place. `machine` is given where this was found out just now: the instance gets a new secret, so
   * that its agent enrols again and learns its new mark.
   */
  | { readonly kind: 'cloned'; readonly machine?: Machine };

/** Another machine that asked for an instance. */
interface Rival {
  readonly environmentId: number;
  readonly boot: string;
  /** Monotonic ms of its first enrolment. */
  readonly sinceMs: number;
  /** Monotonic ms: the first machine is gone when nothing was heard of it between the two. */
  readonly deadlineMs: number;
  /** Monotonic ms of its latest enrolment. */
  readonly askedMs: number;
}

/** What a check-in may be late by, on top of its interval, ms; a dead tunnel is known within it. */
const GRACE_MS = 10_000;
const MAX_RETRY_SECONDS = 60;
/** A refused machine asks again within two minutes. One that has not for so long is not given the place, ms. */
const RECENT_MS = 5 * 60_000;

/**
 * Tells a machine that was restarted from a full clone of it; both have the instance's key. A restart ends the boot before
 * it, so an instance that is heard from two boots at a time runs on two machines. The first one keeps the place and gets
 * a new mark, which the other does not have. From then on only an admin can let that one in.
 */
export class MachineClaims {
  readonly #options: MachineClaimsOptions;
  readonly #startedMs: number;
  /** By instance: the other machine that asked last. */
  readonly #rivals = new Map<string, Rival>();

  constructor(options: MachineClaimsOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonic();
  }

  /** What is stored of an instance that enrols for the first time; undefined: its agent cannot tell boots apart. */
  first({ boot }: MachineReport): Machine | undefined {
    return boot === undefined ? undefined : this.#marked({ boot, previous: null, isContested: false });
  }

  claim(environment: Environment, known: Instance, report: MachineReport, intervalMs: number): MachineClaim {
    const { machine } = known;
    if (machine === undefined) {
      const first = this.first(report);
      return first ? { kind: 'moved', machine: first } : { kind: 'same', machine };
    }
    const { boot = '', mark } = report;
    if (boot === machine.boot) return { kind: 'same', machine };
    if (boot !== '' && boot === machine.previous)
      return this.#restore(environment, known, machine, boot, intervalMs);
    if (!machine.isContested || mark === machine.mark)
      return this.#compete(environment, known, machine, boot, intervalMs);
    this.#note(environment, known, boot, intervalMs);
    return { kind: 'cloned' };
  }

  /** The instance that another machine asked for last, as that machine's. Null: none did lately. */
  chosenRival({ id, instances }: Environment): { instance: Instance; machine: Machine } | null {
    const now = this.#options.clock.monotonic();
    for (const [instanceId, { environmentId, boot, askedMs }] of [...this.#rivals].reverse()) {
      const instance = instances.find((one) => one.id === instanceId);
      if (environmentId !== id || !instance?.machine || instance.machine.boot === boot) continue;
      if (now - askedMs > RECENT_MS) continue;
      return { instance, machine: this.#marked({ boot, previous: null, isContested: true }) };
    }
    return null;
  }

  /** Forgets the rivals of instances that are none of these. */
  keep(environmentId: number, instanceIds: ReadonlySet<string>): void {
    for (const [id, rival] of this.#rivals) {
      if (rival.environmentId === environmentId && !instanceIds.has(id)) this.#rivals.delete(id);
    }
  }

  /** A newcomer waits until the first machine was heard again, or has missed its next check-in. */
  #compete(
    environment: Environment,
    known: Instance,
    machine: Machine,
    boot: string,
    intervalMs: number,
  ): MachineClaim {
    const { clock, presence, endHold } = this.#options;
    const { id } = environment;
    const now = clock.monotonic();
    const rival = this.#note(environment, known, boot, intervalMs);
    if ((presence.arrivedMs(id, known.id) ?? 0) > rival.sinceMs) {
      if (boot !== '') return { kind: 'cloned', machine: this.#marked({ ...machine, isContested: true }) };
      // That an agent cannot tell its boot says nothing about its machine: it gets another trial.
      this.#rivals.delete(known.id);
      this.#note(environment, known, boot, intervalMs);
      return { kind: 'cloned' };
    }
    if (now >= rival.deadlineMs && !this.#hasTunnel(id, known.id)) {
      this.#rivals.delete(known.id);
      return {
        kind: 'moved',
        machine: this.#marked({ ...machine, boot, previous: machine.boot || machine.previous }),
      };
    }
    endHold(id, known.id);
    const seconds = Math.max(1, Math.ceil((rival.deadlineMs - now) / 1_000));
    return { kind: 'early', retryAfterSeconds: Math.min(seconds, MAX_RETRY_SECONDS) };
  }

  /**
   * A boot that was replaced is heard again: its machine was cut off, not restarted. Where the one that replaced it lives,
   * they are two; else one was set aside for the other, as with a standby machine or a snapshot with memory.
   */
  #restore(
    { id }: Environment,
    known: Instance,
    machine: Machine,
    boot: string,
    intervalMs: number,
  ): MachineClaim {
    const { clock, presence } = this.#options;
    const arrivedMs = presence.arrivedMs(id, known.id);
    const isOtherLive =
      presence.isHeld(id, known.id) ||
      this.#hasTunnel(id, known.id) ||
      (arrivedMs !== null && clock.monotonic() - arrivedMs <= intervalMs + GRACE_MS);
    const previous = isOtherLive ? null : machine.boot;
    const isContested = machine.isContested || isOtherLive;
    return { kind: 'restored', machine: this.#marked({ boot, previous, isContested }) };
  }

  #hasTunnel(environmentId: number, instanceId: string): boolean {
    const { registry } = this.#options;
    const leads = registry.peek(environmentId)?.tunnel?.grant.instanceId === instanceId;
    return leads || Boolean(registry.peek(environmentId, instanceId)?.tunnel);
  }

  /** Keeps the caller as the latest rival; one that asks for the first time gets its deadline. */
  #note({ id }: Environment, known: Instance, boot: string, intervalMs: number): Rival {
    const { clock, presence, isHolding } = this.#options;
    const now = clock.monotonic();
    const before = this.#rivals.get(known.id);
    const startupMs = isHolding() ? STARTUP_MS : Math.max(STARTUP_MS, intervalMs + GRACE_MS);
    const arrivedMs = presence.arrivedMs(id, known.id);
    const missedMs = arrivedMs === null ? this.#startedMs + startupMs : arrivedMs + intervalMs + GRACE_MS;
    // A held check-in is ended, and a living agent is back within a round trip.
    const deadlineMs = presence.isHeld(id, known.id) ? now + GRACE_MS : missedMs;
    const rival = {
      ...(before?.boot === boot ? before : { environmentId: id, boot, sinceMs: now, deadlineMs }),
      askedMs: now,
    };
    // Last in the map is latest.
    this.#rivals.delete(known.id);
    this.#rivals.set(known.id, rival);
    return rival;
  }

  #marked(machine: Omit<Machine, 'mark'>): Machine {
    return { ...machine, mark: this.#options.randomBytes(16).toString('base64url') };
  }
}
