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
import { type Problem, type ProblemCode, type ProblemOptions, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { PROTOCOL_VERSION } from '../../../protocol/version.js';
import type { MachineClaims, MachineReport } from '../live/machine-claims.js';
import type { Presence } from '../live/presence.js';
import { type Environment, type EnvironmentKey, type Instance, isKeyValid } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import { acceptTimestamp, checkSkew } from './authenticate-agent.js';
import { checkInSecondsOf } from './check-in-state.js';
import { EnrolmentPolicy, MAX_INSTANCES } from './enrolment-policy.js';
import { belongs, placeInSwarm } from './swarm-admission.js';

export interface EnrolmentOptions {
  readonly store: Store;
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly clock: Clock;
  readonly machines: MachineClaims;
  /** Ends an instance's grants: its tunnels and its held check-in. */
  readonly endGrants: (environmentId: number, instanceId: string) => void;
  /** Evaluates the environment's held check-ins again. */
  readonly wake: (environmentId: number) => void;
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
  readonly #policy: EnrolmentPolicy;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
    this.#policy = new EnrolmentPolicy(options);
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
    const { store, clock } = this.#options;
    const json = parseJson(request.body);
    const identity = identitySchema.safeParse(json);
    const prove = () => this.#prove(claim, request, identity.data?.edgeId);
    const caller = prove();
    onProven(caller.derived);
    checkSkew(clock, claim.timeMs);
    // Only after authentication: an old agent's body may have another form, and strangers learn nothing.
    if (!identity.data || identity.data.protocol < OLDEST_PROTOCOL) {
      throw this.#refuse(caller.environment, 'agent-too-old');
    }
    const body = this.#read(json);
    if (body.instanceId !== claim.instanceId) throw unauthorized();
    const sealFor = (secret: Buffer) =>
      sealInstanceSecret({ kty: 'OKP', crv: 'X25519', x: body.publicKey }, secret);
    // A trial: a key that no secret can be sealed for must not bind the environment.
    await sealFor(Buffer.alloc(32));
    const { environment: found, key } = prove();
    const { environment, instance, endsGrants } = this.#admit(found, key, body, claim);
    // Unchanged state may come from a request whose write is still in progress.
    const stored = environment === found ? store.settled() : store.putEnvironment(environment);
    if (endsGrants) this.#options.endGrants(environment.id, instance.id);
    await stored;
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

  /** In one turn: checks, decides, and records the instance as live, so that a second one finds it. */
  #admit(environment: Environment, key: EnvironmentKey, request: EnrolRequest, claim: RequestClaim) {
    const { presence, clock } = this.#options;
    if (environment.barredEdgeIds.includes(request.edgeId)) {
      throw this.#refuse(environment, 'association-removed');
    }
    if (environment.edgeId !== null && environment.edgeId !== request.edgeId) {
      throw this.#refuse(environment, 'edge-id-mismatch');
    }
    const known = environment.instances.find(({ id }) => id === request.instanceId);
    const body = withKnown(request, known);
    if (known && known.publicKey !== body.publicKey) throw unauthorized();
    const predecessor = known ?? this.#policy.predecessor(environment, body);
    if (environment.swarm && !belongs(environment.swarm, body.node) && !predecessor) {
      throw this.#refuse(environment, 'swarm-mismatch');
    }
    const intervalMs = checkInSecondsOf(environment, this.#options.store) * 1_000;
    // Before the other checks: a clone may have another engine's id, and an admin may still choose it.
    const claimed = known && this.#claimMachine(environment, known, body, intervalMs);
    if (this.#policy.isOccupied(environment, known, body)) {
      const retryAfterSeconds = Math.max(5, Math.ceil(intervalMs / 500));
      throw this.#refuse(environment, 'duplicate', { retryAfterSeconds });
    }
    const kept = this.#policy.retainedSiblings(environment, known, body);
    if (!known && kept.length >= MAX_INSTANCES) {
      const detail = `${MAX_INSTANCES} agents serve this environment: rotate its key to start over`;
      throw this.#refuse(environment, 'too-many-agents', { detail });
    }
    if (known) acceptTimestamp(presence, clock, environment.id, AGENT_PATHS.enrol, claim);
    const now = new Date(clock.now()).toISOString();
    const remaining = environment.instances.filter((one) => one === predecessor || kept.includes(one));
    const { swarm, authority, node, isOutside } = placeInSwarm(
      { ...environment, instances: remaining },
      predecessor,
      body,
    );
    const machine = claimed ? claimed.machine : this.#options.machines.first(body);
    const instance: Instance = {
      id: body.instanceId,
      publicKey: body.publicKey,
      // Of two machines with one key only the current one gets the secret.
      secret: known && claimed?.kind === 'same' ? known.secret : this.#newSecret(),
      keyGeneration: key.generation,
      engineId: body.engineId,
      node,
      agentVersion: body.agentVersion,
      platform: body.platform,
      enrolledAt: known?.enrolledAt ?? now,
      ...(isOutside && { isOutside }),
      ...(machine && { machine }),
    };
    const isSteady =
      known !== undefined &&
      environment.edgeId !== null &&
      swarm === environment.swarm &&
      authority === environment.swarmAuthority &&
      kept.length === environment.instances.length - 1 &&
      JSON.stringify(known) === JSON.stringify(instance);
    // A new enrolment of the first machine says nothing about the clone.
    const isOfClone =
      claimed?.kind === 'same' && presence.lastRefusal(environment.id)?.code === 'machine-cloned';
    if (!isOfClone) presence.clearRefusal(environment.id);
    presence.enrolled(environment.id, instance.id, intervalMs);
    const endsGrants = claimed?.kind === 'restored';
    if (isSteady) return { environment, instance: known, endsGrants };
    // Keep its position: the order is that of enrolment.
    const instances = known
      ? environment.instances.flatMap((it) => (it === known ? instance : kept.includes(it) ? it : []))
      : [...kept, instance];
    return {
      instance,
      endsGrants,
      environment: {
        ...environment,
        edgeId: body.edgeId,
        associatedAt: environment.associatedAt ?? now,
        instances,
        swarm,
        swarmAuthority: authority,
      },
    };
  }

  /** @throws Problem `duplicate`, `machine-cloned` (409): another machine is, or may be, this instance */
  #claimMachine(environment: Environment, known: Instance, report: MachineReport, intervalMs: number) {
    const claimed = this.#options.machines.claim(environment, known, report, intervalMs);
    if (claimed.kind === 'early') {
      const detail = 'The previous boot of this machine, or a clone of it, may still be running';
      const { retryAfterSeconds } = claimed;
      throw this.#refuse(environment, 'duplicate', { detail, retryAfterSeconds });
    }
    if (claimed.kind !== 'cloned') return claimed;
    if (claimed.machine) {
      const instance = { ...known, machine: claimed.machine, secret: this.#newSecret() };
      const instances = environment.instances.map((one) => (one === known ? instance : one));
      // If it cannot be stored, the next attempt repeats this.
      this.#options.store.putEnvironment({ ...environment, instances }).catch(() => undefined);
      this.#options.wake(environment.id);
    }
    throw this.#refuse(environment, 'machine-cloned', { retryAfterSeconds: CLONE_RETRY_SECONDS });
  }

  #newSecret(): string {
    return this.#options.randomBytes(32).toString('base64url');
  }

  #refuse(environment: Environment, code: ProblemCode, options?: ProblemOptions): Problem {
    const error = problem(code, options);
    this.#options.presence.refused(environment.id, error);
    return error;
  }
}

/**
 * An engine that does not answer has no id, and one in transition (`pending`, `locked`, `error`) no place in a Swarm.
 * In both cases the agent's previous values hold.
 */
function withKnown(body: EnrolRequest, known: Instance | undefined): EnrolRequest {
  if (!known || (body.engineId !== null && body.isPlaceKnown !== false)) return body;
  return { ...body, engineId: body.engineId ?? known.engineId, node: body.node ?? known.node };
}
