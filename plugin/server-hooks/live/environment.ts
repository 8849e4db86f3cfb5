import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import type { DoctorRun } from '../model/doctor-run.js';
import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';
import { type SnapshotOwner, SnapshotRequests } from '../snapshots/requests.js';
import { type Candidate, type ElectionOwner, LeaderElection } from '../swarm/leader-election.js';
import { type RosterOwner, SwarmRoster } from '../swarm/roster.js';
import { TunnelCredentials } from '../tunnel/credentials.js';
import type { TunnelSession } from '../tunnel/session.js';
import type { SlotOptions } from '../tunnel/slot.js';
import { TunnelSlots } from '../tunnel/slots.js';
import type { LiveContext } from './context.js';
import { HeldCheckIns, type HoldOwner } from './held-check-ins.js';
import { leaderCandidates } from './leader-candidates.js';
import { type ClaimOwner, MachineClaims } from './machine-claims.js';
import { Presence } from './presence.js';

/**
 * All that the hub knows about one environment while it runs, in memory only. Parts that an idle environment does not
 * need are created on first use.
 */
export class LiveEnvironment
  implements SlotOptions, HoldOwner, ClaimOwner, SnapshotOwner, RosterOwner, ElectionOwner
{
  readonly id: number;
  readonly presence: Presence;
  readonly tunnels: TunnelSlots;
  /** What an agent reported that it met before it could enrol; null: nothing since the hub started. */
  doctorRun: DoctorRun | null = null;
  readonly #context: LiveContext;
  /** The highest generation of its record so far. */
  #generation: number;
  #credentials: TunnelCredentials | null = null;
  #election: LeaderElection | null = null;
  #held: HeldCheckIns | null = null;
  #machines: MachineClaims | null = null;
  #roster: SwarmRoster | null = null;
  #snapshots: SnapshotRequests | null = null;
  #isChanging = false;
  #hasChanged = false;

  constructor(id: number, context: LiveContext) {
    this.id = id;
    this.#context = context;
    this.#generation = this.record?.generation ?? 0;
    this.presence = new Presence(this);
    this.tunnels = new TunnelSlots(this);
  }

  get held(): HeldCheckIns {
    this.#held ??= new HeldCheckIns(this, this.#context.deadlines);
    return this.#held;
  }

  get credentials(): TunnelCredentials {
    this.#credentials ??= new TunnelCredentials(this.#context.tokens);
    return this.#credentials;
  }

  get roster(): SwarmRoster {
    this.#roster ??= new SwarmRoster(this);
    return this.#roster;
  }

  get snapshots(): SnapshotRequests {
    this.#snapshots ??= new SnapshotRequests(this);
    return this.#snapshots;
  }

  get machines(): MachineClaims {
    this.#machines ??= new MachineClaims(this);
    return this.#machines;
  }

  /** The current record; undefined once the environment is deleted. */
  get record(): Environment | undefined {
    return this.#context.store.environment(this.id);
  }

  /** Number of snapshot requests so far; check-ins carry it. */
  get snapshotRequest(): number {
    return this.#snapshots?.requested ?? 0;
  }

  /** The nodes of its Swarm as its managers report them; null before they do. */
  get members(): SwarmRoster['members'] {
    return this.#roster?.members ?? null;
  }

  /** The instance that may open the environment's tunnel. */
  get leaderId(): string | null {
    return this.tunnels.peek()?.lease?.instanceId ?? null;
  }

  get heldCount(): number {
    return this.#held?.size ?? 0;
  }

  /** Answers the held check-ins for whose agents there is news. */
  wake(): void {
    this.#held?.evaluate();
  }

  /** A check-in arrived: its agent can be notified now, and an earlier one that is held ends. */
  called(instanceId: string): void {
    this.#held?.supersede(instanceId);
    this.#election?.recordCheckIn(instanceId);
    this.evaluate(instanceId);
  }

  /** The connection of an agent's held check-in broke. */
  disconnected(instanceId: string): void {
    if (!this.#election) return;
    this.#election.disconnected(instanceId);
    this.evaluate();
  }

  /**
   * Decides again who leads, and notifies once of all that changed by it.
   * @param calling an agent that can be notified although it holds no check-in
   */
  evaluate(calling: string | null = null): void {
    if (this.#isChanging) return;
    if (this.tunnels.peek()) this.#change(() => this.#leaderElection().evaluate(calling));
    if (!this.#hasChanged) return;
    this.#hasChanged = false;
    this.wake();
    this.changed();
  }

  /** Ends one agent's tunnels, and its held check-in. Its credentials end with its secret. */
  revokeInstance(instanceId: string): void {
    this.tunnels.revokeInstance(instanceId);
    this.wake();
  }

  /**
   * Revokes all grants of earlier generations. A generation that comes back after a failed write has been seen before, and
   * ends nothing again.
   */
  raise(generation: number): void {
    if (generation <= this.#generation) return;
    this.#generation = generation;
    this.revoke();
  }

  /** Ends all that was granted: credentials, tunnels with their calls, waits; held check-ins are evaluated. */
  revoke(): void {
    this.#credentials?.revoke();
    this.#change(() => this.tunnels.revoke());
    this.evaluate();
    this.wake();
    const { record } = this;
    if (!record) this.#snapshots?.refuse(problem('environment-not-found'));
    else if (record.instances.length === 0) this.#snapshots?.refuse(problem('environment-not-associated'));
  }

  /** Forgets all other instances, with their node tunnels and held check-ins. */
  keep(instanceIds: ReadonlySet<string>): void {
    this.#roster?.prune();
    this.tunnels.keepNodes(instanceIds);
    this.#machines?.keep(instanceIds);
    this.#snapshots?.keep(instanceIds);
    if (!this.presence.keep(instanceIds)) return;
    this.evaluate();
    this.wake();
  }

  /** Ends everything; safe to call twice. */
  end(why: 'deleted' | 'stopping'): void {
    if (why === 'stopping') {
      this.#held?.end(problem('hub-stopping', { retryAfterSeconds: 1 }));
      this.#snapshots?.refuse(problem('hub-stopping', { retryAfterSeconds: 1 }));
      this.tunnels.revoke('stopping');
    } else this.revoke();
    this.#election?.stop();
  }

  /** Something that its status shows has changed. */
  changed(): void {
    this.#context.onChange(this.id);
  }

  get clock(): Clock {
    return this.#context.clock;
  }

  get files(): LiveContext['files'] {
    return this.#context.files;
  }

  get logger(): Logger {
    return this.#context.logger;
  }

  get newEpoch(): () => string {
    return this.#context.newEpoch;
  }

  get randomBytes(): (size: number) => Buffer {
    return this.#context.randomBytes;
  }

  get startedMs(): number {
    return this.#context.startedMs;
  }

  get store(): LiveContext['store'] {
    return this.#context.store;
  }

  settings(): Settings {
    return this.store.settings();
  }

  inactivityMs(): number {
    return this.settings().inactivitySeconds * 1_000;
  }

  candidates(): Candidate[] {
    const { record } = this;
    return record ? leaderCandidates(record, this) : [];
  }

  /** A slot changed: decides who leads, or is part of that decision. */
  onChange(): void {
    this.#hasChanged = true;
    this.evaluate();
  }

  onLost(tunnel: TunnelSession): void {
    this.#leaderElection().lost(tunnel);
  }

  #change(change: () => void): void {
    this.#isChanging = true;
    try {
      change();
    } finally {
      this.#isChanging = false;
    }
  }

  #leaderElection(): LeaderElection {
    this.#election ??= new LeaderElection(this);
    return this.#election;
  }
}
