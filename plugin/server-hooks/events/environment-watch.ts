import type { LiveEnvironments } from '../live/environments.js';
import type { Environment } from '../model/environment.js';
import type { Store } from '../store/store.js';
import { describeEnvironment } from '../views/status/describe-environment.js';
import {
  type Observation,
  type ObservationSources,
  observeEnvironment,
} from '../views/status/observe-environment.js';
import { changesBetween, isUnchanged } from './changes-between.js';
import type { EventLog, UnloggedEvent } from './event-log.js';

export interface EnvironmentWatchOptions extends ObservationSources {
  readonly store: Pick<Store, 'environment' | 'environments' | 'settings' | 'watch'>;
  readonly live: Pick<LiveEnvironments, 'of' | 'onChange'>;
  readonly log: EventLog;
}

interface Watched {
  /** The last emitted state. */
  seen: Observation;
  /** Monotonic ms at which its bucket is full again. */
  evenMs: number;
}

/** Maximum delay of a reported change, ms. */
const TICK_MS = 100;
/** Ticks per round over all environments: time-based changes are noticed within a second. */
const TICKS_A_ROUND = 10;
/** Reported changes per tick; the rest wait for the next one. */
const MAX_REPORTED = 500;
/** Sustained rate of events for one environment, ms… */
const GAP_MS = 1_000;
/** …after this burst. */
const BURST = 5;

/**
 * Derives events by evaluating environments and comparing with the last emitted state. Check-ins report nothing, so
 * they cost nothing: a timer evaluates all environments once a second, a tenth at a time. Changes that store and
 * tunnels report are evaluated at the next tick. Changes undone between two evaluations are not emitted.
 */
export class EnvironmentWatch {
  readonly #options: EnvironmentWatchOptions;
  readonly #watched = new Map<number, Watched>();
  readonly #reported = new Set<number>();
  #round: Iterator<number> = [].values();
  #haveSettingsChanged = false;
  #stops: (() => void)[] = [];

  constructor(options: EnvironmentWatchOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { store, live, clock } = this.#options;
    for (const environment of store.environments()) this.#watch(environment);
    this.#stops = [
      store.watch((change) => {
        if (change.kind === 'settings') this.#haveSettingsChanged = true;
        if (change.kind === 'environment') this.#reported.add(change.id);
      }),
      live.onChange((id) => this.#reported.add(id)),
      clock.every(TICK_MS, () => this.#tick()),
    ];
  }

  /** Safe to call twice. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#watched.clear();
    this.#reported.clear();
  }

  #tick(): void {
    const { log, store } = this.#options;
    const events: UnloggedEvent[] = [];
    if (this.#haveSettingsChanged) {
      this.#haveSettingsChanged = false;
      const data = { at: this.#now(), settings: store.settings() };
      events.push({ type: 'settings-changed', subject: 'settings', data });
    }
    for (const id of this.#dueIds()) {
      const event = this.#evaluate(id);
      if (event) events.push(event);
    }
    if (events.length > 0) log.append(events);
  }

  /** The reported environments, then the next tenth of the round. */
  #dueIds(): number[] {
    const ids: number[] = [];
    for (const id of this.#reported) {
      if (ids.length === MAX_REPORTED) break;
      this.#reported.delete(id);
      ids.push(id);
    }
    const share = Math.ceil(this.#watched.size / TICKS_A_ROUND);
    for (let count = 0; count < share; count++) {
      const next = this.#round.next();
      if (next.done) {
        this.#round = this.#watched.keys();
        break;
      }
      ids.push(next.value);
    }
    return ids;
  }

  #evaluate(id: number): UnloggedEvent | null {
    const { store } = this.#options;
    const environment = store.environment(id);
    const watched = this.#watched.get(id);
    if (!environment) return watched ? this.#removed(watched.seen.environment) : null;
    if (!watched) return this.#created(environment);
    const now = observeEnvironment(environment, this.#options);
    return isUnchanged(watched.seen, now) ? null : this.#changed(watched, now);
  }

  #created(environment: Environment): UnloggedEvent {
    this.#watch(environment);
    const data = { at: this.#now(), environment: describeEnvironment(environment, this.#options) };
    return { type: 'environment-created', subject: environment.id, data };
  }

  #removed({ id, name }: Environment): UnloggedEvent {
    this.#watched.delete(id);
    return { type: 'environment-removed', subject: id, data: { at: this.#now(), id, name } };
  }

  #changed(watched: Watched, now: Observation): UnloggedEvent | null {
    const { id } = now.environment;
    const changes = changesBetween(watched.seen, now, describeEnvironment(now.environment, this.#options));
    // The next round picks up a delayed event.
    if (changes && !this.#mayEmit(watched)) return null;
    watched.seen = now;
    if (!changes) return null;
    return { type: 'environment-changed', subject: id, data: { at: this.#now(), id, changes } };
  }

  #mayEmit(watched: Watched): boolean {
    const now = this.#options.clock.monotonic();
    const evenMs = Math.max(watched.evenMs, now) + GAP_MS;
    if (evenMs > now + BURST * GAP_MS) return false;
    watched.evenMs = evenMs;
    return true;
  }

  #watch(environment: Environment): void {
    this.#watched.set(environment.id, {
      seen: observeEnvironment(environment, this.#options),
      evenMs: 0,
    });
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}
