import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { ExecutionContext } from 'ava';
import pino from 'pino';
import { type CheckInResult, HubClient } from '../../../agent-image/src/hub/client.js';
import { type InstanceKey, loadInstanceKey } from '../../../agent-image/src/machine/instance-key.js';
import { openTunnel } from '../../../agent-image/src/tunnel/handshake.js';
import type { TunnelSession } from '../../../agent-image/src/tunnel/session.js';
import { dialPort } from '../../../agent-image/src/tunnel/transport/port.js';
import { type Credential, openCredential } from '../../../protocol/crypto/credential.js';
import { deriveKey, hashJoinSecret } from '../../../protocol/crypto/derived-keys.js';
import { type EdgeKey, parseEdgeKey } from '../../../protocol/crypto/edge-key.js';
import type { CheckInQuery, EnrolReply, EnrolRequest } from '../../../protocol/messages/agent-calls.js';
import { type Clock, systemClock } from '../../../protocol/time/clock.js';
import type { TunnelEnd } from '../../../protocol/tunnel/end.js';
import { proofMac, type TunnelProof } from '../../../protocol/tunnel/proof.js';
import { defer } from '../deferred.js';
import { tempFolder } from '../temp-folder.js';

const silent = pino({ level: 'silent' });

export interface TestInstanceOptions {
  readonly edgeKey: string;
  readonly edgeId: string;
  /** Default: a fresh one. */
  readonly instance?: InstanceKey;
  readonly engineId?: string | null;
  readonly clock?: Clock;
  /** What {@link joinInstance} enrols it as. Default: an agent outside a Swarm. */
  readonly facts?: Partial<EnrolRequest>;
  /** What CONNECT streams are joined to. Default: an unreachable engine. */
  readonly dialEngine?: () => Promise<Duplex>;
  /** What its agent does when the hub asks for a report. Default: nothing. */
  readonly report?: () => Promise<void>;
}

/** One agent instance, step by step: each call does one thing, and nothing is retried. */
export class TestInstance {
  readonly edgeKey: EdgeKey;
  readonly edgeId: string;
  readonly instance: InstanceKey;
  readonly client: HubClient;
  readonly #options: TestInstanceOptions;
  readonly #t: ExecutionContext;

  constructor(t: ExecutionContext, options: TestInstanceOptions, instance: InstanceKey, agent: http.Agent) {
    this.#t = t;
    this.#options = options;
    this.edgeKey = parseEdgeKey(options.edgeKey);
    this.edgeId = options.edgeId;
    this.instance = instance;
    const clock = options.clock ?? systemClock;
    this.client = new HubClient({ edgeKey: this.edgeKey, edgeId: this.edgeId, instance, agent, clock });
  }

  enrol(facts: Partial<EnrolRequest> = {}): Promise<EnrolReply> {
    return this.client.enrol({
      protocol: 1,
      engineId: this.#options.engineId ?? null,
      node: null,
      agentVersion: '0.0.0',
      platform: 'linux/amd64',
      ...facts,
    });
  }

  checkIn(
    options: { query?: Partial<CheckInQuery>; etag?: string; wait?: number; signal?: AbortSignal } = {},
  ): Promise<CheckInResult> {
    const query: CheckInQuery = { engine: 'up', tunnel: 'none', ...options.query };
    return this.client.checkIn(
      query,
      options.etag,
      options.wait ?? 0,
      options.signal ?? new AbortController().signal,
    );
  }

  /** The credential of the next check-in. @throws Error where there is none */
  async credential(purpose: Credential['purpose'] = 'environment'): Promise<string> {
    const { reply } = await this.checkIn();
    const sealed = purpose === 'node' ? reply?.nodeCredential : reply?.credential;
    if (!sealed) throw new Error(`no credential: ${JSON.stringify(reply)}`);
    return sealed;
  }

  /** What this instance shows for a sealed credential. */
  async prove(
    sealed: string,
    inactivityMs = 300_000,
    purpose: Credential['purpose'] = 'environment',
  ): Promise<TunnelProof> {
    const key = deriveKey(this.edgeId, hashJoinSecret(this.edgeKey.secret), 'credential');
    const environmentId = this.edgeKey.environmentId;
    const { instanceId } = this.instance;
    const { token } = await openCredential(key, sealed, {
      env: environmentId,
      instance: instanceId,
      purpose,
    });
    const secret = this.client.instanceSecret;
    if (!secret) throw new Error('not enrolled');
    return { environmentId, instanceId, token, mac: proofMac(secret, token), inactivityMs };
  }

  /**
   * Opens a tunnel with that proof. `ended` resolves to the code of its end.
   * @throws Problem the code that the hub refused it with
   */
  async open(proof: TunnelProof): Promise<{ tunnel: TunnelSession; ended: Promise<TunnelEnd> }> {
    const ended = defer<TunnelEnd>();
    const tunnel = await openTunnel({
      dial: (alpn) =>
        dialPort({
          tunnelAddress: this.edgeKey.tunnelAddress ?? '',
          fingerprint: this.edgeKey.fingerprint,
          clock: systemClock,
          alpn,
          connectTcp: (host, port) =>
            new Promise((resolve, reject) => {
              const raw = net.connect({ host, port }, () => resolve(raw));
              raw.once('error', reject);
            }),
        }),
      proof: () => proof,
      clock: systemClock,
      logger: silent,
      dialEngine: this.#options.dialEngine ?? (() => Promise.reject(new Error('no engine'))),
      report: this.#options.report ?? (async () => undefined),
      onIdle: () => undefined,
      onEnd: (_tunnel, end) => ended.resolve(end),
    });
    this.#t.teardown(() => tunnel.close('stopping'));
    return { tunnel, ended: ended.promise };
  }
}

/** Makes an instance that has not enrolled yet. */
export async function makeInstance(t: ExecutionContext, options: TestInstanceOptions): Promise<TestInstance> {
  const instance = options.instance ?? (await loadInstanceKey(await tempFolder(t), silent));
  const agent = new http.Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  return new TestInstance(t, options, instance, agent);
}

/** Makes an instance and enrols it. */
export async function joinInstance(t: ExecutionContext, options: TestInstanceOptions): Promise<TestInstance> {
  const made = await makeInstance(t, options);
  await made.enrol(options.facts);
  return made;
}
