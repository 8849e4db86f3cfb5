import * as z from 'zod/mini';
import { deriveKey } from '../../../protocol/crypto/derived-keys.js';
import { sealInstanceSecret } from '../../../protocol/crypto/instance-secret.js';
import {
  type RequestClaim,
  type SignedRequest,
  unauthorized,
  verifyRequest,
} from '../../../protocol/crypto/request-signature.js';
import {
  AGENT_PATHS,
  type EnrolReply,
  type EnrolRequest,
  enrolRequestSchema,
} from '../../../protocol/messages/agent-calls.js';
import { parseJson } from '../../../protocol/messages/parse-json.js';
import { Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { PROTOCOL_VERSION } from '../../../protocol/version.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { MachineReport } from '../live/machine-claims.js';
import { decideEnrolment, type EnrolmentClaim } from '../model/enrolment/decide-enrolment.js';
import { identifyAgent } from '../model/enrolment/identify-agent.js';
import type { InstanceLiveness, Liveness } from '../model/enrolment/occupancy.js';
import { type Environment, type EnvironmentKey, type Instance, isKeyValid } from '../model/environment.js';
import { moveInstance } from '../model/revocation.js';
import { checkInSecondsOf } from '../model/settings.js';
import type { Store } from '../store/store.js';
import { acceptTimestamp, checkSkew } from './authenticate-agent.js';

export interface EnrolmentOptions {
  readonly store: Pick<Store, 'environment' | 'settings' | 'update'>;
  readonly live: Pick<LiveEnvironments, 'of'>;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** Oldest protocol version accepted. */
const OLDEST_PROTOCOL = 1;
/** The members common to all versions: enough to authenticate the caller. */
const identitySchema = z.object({ protocol: z.int(), edgeId: enrolRequestSchema.shape.edgeId });
const CLONE_RETRY_SECONDS = 20;
const NO_EDGE_ID = '00000000-0000-0000-0000-000000000000';
const NO_KEY: EnvironmentKey = Object.freeze({
  generation: 0,
  secretHash: Buffer.alloc(32).toString('base64url'),
  expiresAt: null,
});

/** Enrols agents: binds Edge IDs, keeps one live instance per environment, issues instance secrets. */
export class Enrolment {
  readonly #options: EnrolmentOptions;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
  }

  /**
   * Handles one enrolment. Reading the environment and replacing it in memory happen in one turn, so of two racing
   * agents one wins. The answer waits for the fsync.
   * @param onProven called with the signing key before any other check
   * @throws Problem `agent-unauthorized`, `clock-skew`, `request-replayed` (401), `agent-too-old` (426),
   *   `instance-key-unusable` (400), `edge-id-mismatch`, `association-removed`, `swarm-mismatch` (403), `duplicate`,
   *   `machine-cloned`, `too-many-agents` (409),
   *   `store-unwritable` (503)
   */
  async enrol(
    claim: RequestClaim,
    request: SignedRequest,
    onProven: (key: Buffer) => void,
  ): Promise<EnrolReply> {
    const { clock } = this.#options;
    const json = parseJson(request.body);
    const identity = identitySchema.safeParse(json);
    const prove = () => this.#prove(claim, request, identity.data?.edgeId);
    const caller = prove();
    onProven(caller.derived);
    checkSkew(clock, claim.timeMs);
    // Only after authentication: an old agent's body may have another form, and unknown callers learn nothing.
    if (!identity.data || identity.data.protocol < OLDEST_PROTOCOL) {
      throw this.#refused(claim.environmentId, problem('agent-too-old'));
    }
    const body = this.#read(json);
    if (body.instanceId !== claim.instanceId) throw unauthorized();
    const sealFor = (secret: Buffer) =>
      sealInstanceSecret({ kty: 'OKP', crv: 'X25519', x: body.publicKey }, secret);
    // A trial: a key that no secret can be sealed for must not bind the environment.
    await sealFor(Buffer.alloc(32));
    const { environment, key } = prove();
    const instance = await this.#admit(environment, key, body, claim);
    return {
      protocol: PROTOCOL_VERSION,
      secret: await sealFor(Buffer.from(instance.secret, 'base64url')),
      keyGeneration: instance.keyGeneration,
      ...(instance.machine && { mark: instance.machine.mark }),
      timeMs: clock.now(),
    };
  }

  /** The current environment, and which of its keys signed the request. */
  #prove(claim: RequestClaim, request: SignedRequest, edgeId: string = NO_EDGE_ID) {
    const environment = this.#options.store.environment(claim.environmentId);
    const now = this.#options.clock.now();
    const keys = environment?.keys.filter((key) => isKeyValid(key, now)) ?? [];
    // Without a key do the same work, so that timing does not reveal which ids exist.
    for (const key of keys.length > 0 ? keys : [NO_KEY]) {
      const derived = deriveKey(edgeId, Buffer.from(key.secretHash, 'base64url'), 'enrol');
      if (verifyRequest(derived, claim, request) && environment && key !== NO_KEY) {
        return { environment, key, derived };
      }
    }
    throw unauthorized();
  }

  #read(json: unknown): EnrolRequest {
    const body = enrolRequestSchema.safeParse(json);
    if (body.success) return body.data;
    const [issue] = body.error.issues;
    throw problem('bad-request', { detail: `${issue?.path.join('.')}: ${issue?.message}` });
  }

  /** Decides and records the instance as live in one turn, so that a second one finds it. Resolves when it is on disk. */
  #admit(environment: Environment, key: EnvironmentKey, request: EnrolRequest, claim: RequestClaim) {
    const { store, live, clock } = this.#options;
    const { id } = environment;
    const { presence, machines } = live.of(id);
    const liveness = this.#livenessOf(environment);
    const { known } = this.#accepted(id, identifyAgent(environment, request, liveness));
    // Before the other checks: a clone may have another engine's id, and an admin may still choose it.
    const claimed = known && this.#claimMachine(environment, known, request, liveness.intervalMs);
    const enrolment: EnrolmentClaim = {
      request,
      keyGeneration: key.generation,
      machine: claimed ? claimed.machine : machines.first(request),
      isSameMachine: claimed?.kind === 'same',
      newSecret: this.#newSecret(),
      nowMs: clock.now(),
    };
    const decide = (current: Environment) =>
      this.#accepted(id, decideEnrolment(current, enrolment, liveness));
    let enrolled = decide(environment);
    // Not earlier: a refused request is no sign of life.
    if (enrolled.isKnown) acceptTimestamp(presence, clock, AGENT_PATHS.enrol, claim);
    const stored = store.update(id, (current) => {
      enrolled = decide(current);
      return enrolled.environment;
    });
    // A new enrolment of the first machine says nothing about the clone.
    const isOfClone = claimed?.kind === 'same' && presence.lastRefusal?.code === 'machine-cloned';
    if (!isOfClone) presence.clearRefusal();
    presence.enrolled(request.instanceId, liveness.intervalMs);
    if (claimed?.kind === 'restored') live.of(id).revokeInstance(request.instanceId);
    return stored.then(() => enrolled.instance);
  }

  /** Read once: the decision itself is a sign of life. */
  #livenessOf(environment: Environment): Liveness {
    const { store, live } = this.#options;
    const { presence, tunnels } = live.of(environment.id);
    const intervalMs = checkInSecondsOf(environment, store.settings()) * 1_000;
    const holderId = tunnels.peek()?.tunnel?.grant.instanceId;
    const instances = environment.instances.map(({ id }): [string, InstanceLiveness] => [
      id,
      {
        isLive: presence.isLive(id),
        mayBeLive: presence.mayBeLive(id),
        mayBeOnTime: presence.mayBeLive(id, 2 * intervalMs, 0),
        hasTunnel: holderId === id,
      },
    ]);
    return { intervalMs, instances: new Map(instances) };
  }

  /** @throws Problem `duplicate`, `machine-cloned` (409): another machine is, or may be, this instance */
  #claimMachine(environment: Environment, known: Instance, report: MachineReport, intervalMs: number) {
    const { live, store } = this.#options;
    const { id } = environment;
    const claimed = live.of(id).machines.claim(known, report, intervalMs);
    if (claimed.kind === 'early') {
      const detail = 'The previous boot of this machine, or a clone of it, may still be running';
      const { retryAfterSeconds } = claimed;
      throw this.#refused(id, problem('duplicate', { detail, retryAfterSeconds }));
    }
    if (claimed.kind !== 'cloned') return claimed;
    const { machine } = claimed;
    if (machine) {
      const secret = this.#newSecret();
      // If it cannot be stored, the next attempt repeats this.
      store.update(id, (current) => moveInstance(current, known.id, machine, secret)).catch(() => undefined);
      live.of(id).wake();
    }
    throw this.#refused(id, problem('machine-cloned', { retryAfterSeconds: CLONE_RETRY_SECONDS }));
  }

  #newSecret(): string {
    return this.#options.randomBytes(32).toString('base64url');
  }

  #accepted<T>(environmentId: number, outcome: T | Problem): T {
    if (outcome instanceof Problem) throw this.#refused(environmentId, outcome);
    return outcome;
  }

  /** Shown to the admin, unless the caller may be unknown. */
  #refused(environmentId: number, error: Problem): Problem {
    if (error.code !== 'agent-unauthorized') this.#options.live.of(environmentId).presence.refused(error);
    return error;
  }
}
