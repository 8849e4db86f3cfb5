import type { Clock } from '../../../protocol/clock.js';
import type { Environment, Instance, Machine } from '../model/environment.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { Presence } from './presence.js';
import { STARTUP_MS } from './waiting.js';

export interface MachineClaimsOptions {
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly clock: Clock;
  /** Ends an instance's held check-in, so that a living agent checks in again at once. */
  readonly endHold: (environmentId: number, instanceId: string) => void;
}

/** What becomes of an enrolment of a known instance. */
export type MachineClaim =
  /** It goes on as it was; `machine` is what the record holds from now on. */
  | { readonly kind: 'same'; readonly machine: Machine | undefined }
  /** Another boot takes the place of one that is silent. */
  | { readonly kind: 'moved'; readonly machine: Machine }
  /** The boot that had the place before is back: the one that took it meanwhile belongs to another machine. */
  | { readonly kind: 'restored'; readonly machine: Machine }
  /** `machine` differs from the record's where the caller was found to be another machine just now. */
  | { readonly kind: 'refused'; readonly machine: Machine | undefined; readonly retryAfterSeconds: number };

/** Another machine that asked for an instance. */
interface Rival {
  readonly environmentId: number;
  readonly boot: string;
  /** Monotonic ms of its first enrolment. */
  readonly sinceMs: number;
  /** Monotonic ms: the first machine is gone when nothing was heard of it between the two. */
  readonly deadlineMs: number;
}

/** What a check-in may be late by, on top of its interval, ms; a dead tunnel is known within it. */
const GRACE_MS = 10_000;
/** A barred machine asks again after this time, seconds. */
const BARRED_RETRY_SECONDS = 60;
/** Machines that are remembered as barred. */
const MAX_BARRED = 8;

/**
 * Tells a machine that was restarted from a full clone of it. Both have the instance's key, but a restart ends the boot
 * before it, and boot ids never come back: an instance that is heard from two boots runs on two machines. The first one
 * keeps the place, and the other is barred until an admin chooses it.
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

  /** @param boot what the caller reports; undefined: it cannot tell */
  claim(environment: Environment, known: Instance, boot = '', intervalMs: number): MachineClaim {
    const { machine } = known;
    if (machine === undefined) return { kind: 'same', machine: newMachine(boot) };
    if (boot === machine.boot) return { kind: 'same', machine };
    if (machine.barred.includes(boot)) {
      this.#note(environment, known, boot, intervalMs);
      return { kind: 'refused', machine, retryAfterSeconds: BARRED_RETRY_SECONDS };
    }
    if (boot !== '' && boot === machine.previous) {
      this.#note(environment, known, machine.boot, intervalMs);
      return { kind: 'restored', machine: { ...withBarred(machine, machine.boot), boot, previous: null } };
    }
    return this.#compete(environment, known, machine, boot, intervalMs);
  }

  /** The instance that another machine asked for last since the hub's start, as that machine's. Null: none did. */
  chosenRival({ id, instances }: Environment): { instance: Instance; machine: Machine } | null {
    for (const [instanceId, { environmentId, boot }] of [...this.#rivals].reverse()) {
      const instance = instances.find((one) => one.id === instanceId);
      if (environmentId !== id || !instance?.machine || instance.machine.boot === boot) continue;
      const { barred } = withBarred(instance.machine, instance.machine.boot);
      return { instance, machine: { boot, previous: null, barred: barred.filter((it) => it !== boot) } };
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
    const { clock, presence, registry, endHold } = this.#options;
    const now = clock.monotonic();
    const rival = this.#note(environment, known, boot, intervalMs);
    if ((presence.arrivedMs(environment.id, known.id) ?? 0) > rival.sinceMs) {
      // Not barred, it gets another trial.
      if (boot === '') this.#rivals.delete(known.id);
      const retryAfterSeconds = BARRED_RETRY_SECONDS;
      return { kind: 'refused', machine: withBarred(machine, boot), retryAfterSeconds };
    }
    const hasTunnel =
      registry.peek(environment.id)?.tunnel?.grant.instanceId === known.id ||
      Boolean(registry.peek(environment.id, known.id)?.tunnel);
    if (now >= rival.deadlineMs && !hasTunnel) {
      this.#rivals.delete(known.id);
      return { kind: 'moved', machine: { ...machine, boot, previous: machine.boot || machine.previous } };
    }
    endHold(environment.id, known.id);
    const waitMs = Math.max(rival.deadlineMs - now, 1_000);
    return { kind: 'refused', machine, retryAfterSeconds: Math.ceil(waitMs / 1_000) };
  }

  /** Keeps the caller as the latest rival; one that asks for the first time gets its deadline. */
  #note({ id }: Environment, known: Instance, boot: string, intervalMs: number): Rival {
    const { clock, presence } = this.#options;
    const now = clock.monotonic();
    const before = this.#rivals.get(known.id);
    const arrivedMs = presence.arrivedMs(id, known.id);
    // A held check-in says nothing about now: it ends, and a living agent is back at once.
    const lastMs = presence.isHeld(id, known.id) ? now : arrivedMs;
    const deadlineMs = lastMs === null ? this.#startedMs + STARTUP_MS : lastMs + intervalMs + GRACE_MS;
    const rival = before?.boot === boot ? before : { environmentId: id, boot, sinceMs: now, deadlineMs };
    // Last in the map is latest.
    this.#rivals.delete(known.id);
    this.#rivals.set(known.id, rival);
    return rival;
  }
}

/** What is stored of a machine that enrols for the first time; undefined: its agent cannot tell. */
export function newMachine(boot: string | undefined): Machine | undefined {
  return boot === undefined || boot === '' ? undefined : { boot, previous: null, barred: [] };
}

/** An agent that cannot tell its boot is not barred: that it cannot tell says nothing about its machine. */
function withBarred(machine: Machine, boot: string): Machine {
  if (boot === '') return machine;
  return { ...machine, barred: [...machine.barred.filter((it) => it !== boot), boot].slice(-MAX_BARRED) };
}
