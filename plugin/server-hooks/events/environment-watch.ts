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
import { DueIds } from './due-ids.js';
import type { EventLog, UnloggedEvent } from './event-log.js';
import { nextChangeMs } from './next-change.js';

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

/** Maximum delay of a change, unless many come at the same time, ms. */
const TICK_MS = 100;
/** At most this share of all environments is evaluated in one tick, and at least 500: the rest waits for the next. */
const SHARE = 0.1;
const MIN_SHARE = 500;
/** Sustained rate of events for one environment, ms… */
const GAP_MS = 1_000;
/** …after this burst. */
const BURST = 5;

/**
 * Derives events by evaluating environments and comparing with the last emitted state: those that store or live
 * environments report, all when settings change, and those whose state may change by time alone. A check-in without news reports nothing, so an
 * environment that stays as it is costs next to nothing. Changes undone between two evaluations are not emitted.
 */
export class EnvironmentWatch {
  readonly #options: EnvironmentWatchOptions;
  readonly #watched = new Map<number, Watched>();
  /** To be evaluated, in this order. */
  readonly #pending = new Set<number>();
  #due: DueIds;
  #haveSettingsChanged = false;
  #stops: (() => void)[] = [];

  constructor(options: EnvironmentWatchOptions) {
    this.#options = options;
    this.#due = new DueIds(TICK_MS, 0);
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { store, live, clock } = this.#options;
    this.#due = new DueIds(TICK_MS, clock.monotonic());
    for (const environment of store.environments()) this.#watch(environment);
    this.#stops = [
      store.watch((change) => {
        if (change.kind === 'settings') this.#settingsChanged();
        if (change.kind === 'environment') this.#pending.add(change.id);
      }),
      live.onChange((id) => this.#pending.add(id)),
      clock.every(TICK_MS, () => this.#tick()),
    ];
  }

  /** Safe to call twice. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#watched.clear();
    this.#pending.clear();
  }

  /** A longer `inactivitySeconds` revives a demand that has lapsed. */
  #settingsChanged(): void {
    this.#haveSettingsChanged = true;
    for (const id of this.#watched.keys()) this.#pending.add(id);
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

  #dueIds(): number[] {
    for (const id of this.#due.take(this.#options.clock.monotonic())) this.#pending.add(id);
    const max = Math.max(MIN_SHARE, this.#watched.size * SHARE);
    const ids: number[] = [];
    for (const id of this.#pending) {
      if (ids.length >= max) break;
      this.#pending.delete(id);
      ids.push(id);
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
    this.#due.add(id, nextChangeMs(now, this.#options.live.of(id)));
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
    if (changes && !this.#mayEmit(watched)) {
      this.#due.add(id, watched.evenMs - (BURST - 1) * GAP_MS);
      return null;
    }
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
    const seen = observeEnvironment(environment, this.#options);
    this.#watched.set(environment.id, { seen, evenMs: 0 });
    this.#due.add(environment.id, nextChangeMs(seen, this.#options.live.of(environment.id)));
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}
