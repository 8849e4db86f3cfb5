import { setImmediate as turn } from 'node:timers/promises';
import type { CheckInAnswer } from '../../../plugin/server-hooks/agents/check-ins.js';
import type { Environment, Instance } from '../../../plugin/server-hooks/model/environment.js';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import { openCredential } from '../../../protocol/crypto/credential.js';
import { deriveKey } from '../../../protocol/crypto/derived-keys.js';
import { problem } from '../../../protocol/problems.js';
import { proofMac, type TunnelProof } from '../../../protocol/tunnel/proof.js';
import { FakeClock } from '../clock/fake-clock.js';
import { MemoryStore } from '../hub/memory-store.js';
import { type SeededRandom, seededRandom } from '../seeded-random.js';
import { LeaseAgent } from './agent.js';
import { LeaseHub } from './hub.js';
import { LeaseRules } from './rules.js';
import { member, newInstance, swarmEnvironment } from './samples.js';

/** A connection that was accepted and is not registered yet. */
interface Handshake {
  readonly hub: LeaseHub;
  readonly tunnel: TunnelSession;
}

/** A node as its Swarm has it, and what its agent says of it. */
export interface TrueNode {
  role: 'manager' | 'worker';
  availability: 'active' | 'drain';
  /** It is compromised: its agent claims to be a manager. */
  readonly isRooted: boolean;
}

const EDGE_ID = '11111111-2222-4333-8444-555555555555';
const SECRET_HASH = Buffer.alloc(32, 7);
const CREDENTIAL_KEY = deriveKey(EDGE_ID, SECRET_HASH, 'credential');

/** A Swarm, its agents and a hub that restarts, on one clock that the simulation advances. */
export class LeaseSimulation {
  readonly random: SeededRandom;
  readonly clock = new FakeClock();
  readonly store = new MemoryStore();
  readonly agents: LeaseAgent[] = [];
  readonly nodes = new Map<string, TrueNode>();
  readonly rules: LeaseRules;
  /** Tokens that were given out, with whose they are; old ones stay. */
  readonly tokens: { readonly token: string; readonly instance: Instance }[] = [];
  readonly handshakes: Handshake[] = [];
  hub: LeaseHub;
  #boots = 0;
  #busy = 0;
  #enrolments = 0;

  constructor(seed: number, agents: number) {
    this.random = seededRandom(seed);
    const managers = this.random.between(1, agents);
    this.store.put(swarmEnvironment(EDGE_ID, SECRET_HASH));
    for (let n = 1; n <= agents; n++) {
      const nodeId = `node-${n}`;
      const isRooted = n > managers && this.random.next() < 0.3;
      this.nodes.set(nodeId, {
        role: n <= managers ? 'manager' : 'worker',
        availability: 'active',
        isRooted,
      });
      this.agents.push(this.#newAgent(nodeId));
    }
    this.hub = this.#boot();
    this.rules = new LeaseRules(this);
    for (const agent of this.agents) agent.kick(this.random.between(0, 1_000));
  }

  get environment(): Environment {
    const found = this.store.environment(1);
    if (!found) throw new Error('the environment is missing');
    return found;
  }

  /** Lets time pass, and all that follows from it. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left >= 0; ) {
      const step = Math.min(left, this.clock.nextMs ?? left);
      this.clock.advance(Math.max(0, step));
      await this.settle();
      if (left === 0) break;
      left = Math.max(0, left - Math.max(0, step));
    }
  }

  async settle(): Promise<void> {
    do await turn();
    while (this.#busy > 0);
    this.rules.check();
  }

  /** What the node's agent says of it is stored, as an enrolment does it. */
  enrol(agent: LeaseAgent): Instance {
    const { environment } = this;
    const { instances } = environment;
    const node = this.nodes.get(agent.nodeId);
    const role = node?.isRooted ? 'manager' : (node?.role ?? 'worker');
    const swarmId = role === 'manager' ? 'swarm' : '';
    const known = instances.find(({ id }) => id === agent.id);
    const instance = known ?? newInstance(agent.id);
    const now = { ...instance, node: { swarmId, nodeId: agent.nodeId, name: agent.nodeId, role } };
    this.store.put({
      ...environment,
      instances: known ? instances.map((one) => (one === known ? now : one)) : [...instances, now],
    });
    this.hub.environment.presence.recordCheckIn(agent.id, 5_000);
    return now;
  }

  /** The agent's data folder is lost: it returns as another instance. */
  replace(agent: LeaseAgent): void {
    agent.cut(false);
    const { environment } = this;
    this.store.put({
      ...environment,
      instances: environment.instances.filter(({ id }) => id !== agent.id),
    });
    this.hub.environment.tunnels.peek(agent.id)?.revoke();
    const next = this.#newAgent(agent.nodeId);
    this.agents.splice(this.agents.indexOf(agent), 1, next);
    next.kick(this.random.between(0, 1_000));
  }

  /** What a manager's `GET /nodes` says; a rooted node says that it is the only manager. */
  async report(agent: LeaseAgent): Promise<void> {
    const instance = this.environment.instances.find(({ id }) => id === agent.id);
    if (!instance) return;
    const isLying = this.nodes.get(agent.nodeId)?.isRooted;
    const nodes = [...this.nodes].map(([id, node]) =>
      member(id, isLying ? (id === agent.nodeId ? 'manager' : 'worker') : node.role, node.availability),
    );
    await this.hub.environment.roster.accept(instance, { swarmId: 'swarm', nodes }).catch(() => undefined);
  }

  /** A connection presents a token; it is registered immediately or later, see {@link handshakes}. @throws Problem */
  admit(instance: Instance, token: string): Handshake {
    const mac = proofMac(Buffer.from(instance.secret, 'base64url'), token);
    const proof: TunnelProof = { environmentId: 1, instanceId: instance.id, token, mac, inactivityMs: 1 };
    return { hub: this.hub, tunnel: this.hub.tunnel(this.hub.handshake.admit(proof)) };
  }

  /** @throws Problem */
  register({ hub, tunnel }: Handshake): TunnelSession {
    if (hub !== this.hub) throw problem('tunnel-lost');
    const lease = hub.environment.tunnels.slotOf(tunnel.grant).lease;
    hub.handshake.register(tunnel);
    this.rules.registered(tunnel, lease);
    return tunnel;
  }

  /** The hub stops, cleanly or not, and restarts without what was in memory. */
  restart(isCrash: boolean): void {
    const old = this.hub;
    const open = this.rules.openTunnels();
    if (isCrash) old.clock.kill();
    else {
      old.stop();
      this.rules.stopped(old);
    }
    this.hub = this.#boot();
    this.rules.restarted();
    if (isCrash) for (const tunnel of open) tunnel.close('lost');
    for (const agent of this.agents) agent.hubLost();
  }

  /** Ends everything that was granted, as an admin does it. */
  revoke(): void {
    const { environment, hub } = this;
    this.store.put({ ...environment, generation: environment.generation + 1 });
    hub.environment.revoke();
  }

  /** An answer is there, and with it what was sealed for it. */
  arrived({ body }: CheckInAnswer): void {
    if (body?.credential) this.#busy--;
    if (body?.nodeCredential) this.#busy--;
  }

  /** Stores what an answer brings and does nothing with it yet. */
  keep(instance: Instance, answer: CheckInAnswer): void {
    this.arrived(answer);
    const sealed = answer.body?.credential;
    if (!sealed) return;
    const expected = { env: 1, instance: instance.id, purpose: 'environment' } as const;
    this.#work(
      openCredential(CREDENTIAL_KEY, sealed, expected).then(({ token }) => {
        this.tokens.push({ token, instance });
      }),
    );
  }

  #work(work: Promise<unknown>): void {
    this.#busy++;
    void work.finally(() => this.#busy--);
  }

  #boot(): LeaseHub {
    return new LeaseHub({
      clock: this.clock,
      store: this.store,
      bootId: `boot${++this.#boots}`,
      randomBytes: (size) => Buffer.from(Array.from({ length: size }, () => this.random.between(0, 255))),
      onIssue: () => this.#busy++,
      onChange: () => this.rules.changed(),
    });
  }

  #newAgent(nodeId: string): LeaseAgent {
    return new LeaseAgent(`agent-${++this.#enrolments}`, nodeId, {
      clock: this.clock,
      random: this.random,
      credentialKey: CREDENTIAL_KEY,
      hub: () => this.hub,
      instance: (agent) => this.environment.instances.find(({ id }) => id === agent.id) ?? this.enrol(agent),
      present: (instance, token) => {
        this.tokens.push({ token, instance });
        return this.register(this.admit(instance, token));
      },
      checkedIn: (agent) => this.rules.checkedIn(agent),
      arrived: (answer) => this.arrived(answer),
      busy: (work) => this.#work(work),
    });
  }
}
