import { createHash } from 'node:crypto';
import Router from '@koa/router';
import type { Context } from 'koa';
import {
  parseAuthorization,
  type RequestClaim,
  type SignedHead,
  unauthorized,
} from '../../../../protocol/crypto/request-signature.js';
import { AGENT_PATHS, type AgentPath } from '../../../../protocol/messages/agent-calls.js';
import { MAX_SNAPSHOT_BYTES } from '../../../../protocol/messages/snapshot.js';
import { codeOf } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { AgentPace, type Pace } from '../../agents/agent-pace.js';
import { type AuthenticatedAgent, findSigner, requireNewTimestamp } from '../../agents/authenticate-agent.js';
import { type DoctorCalls, MAX_DOCTOR_BYTES } from '../../agents/doctor-calls.js';
import { type DoctorReports, MAX_DOCTOR_REPORT_BYTES } from '../../agents/doctor-reports.js';
import type { Enrolment } from '../../agents/enrolment.js';
import type { IdleClose } from '../../agents/idle-close.js';
import type { Logger } from '../../host.js';
import { AnswerProofs } from '../../http/answer-proofs.js';
import { asProblem, sendError, withHubTime } from '../../http/error-reply.js';
import type { Gateway, OpenCall } from '../../http/gateway.js';
import { BodyGate } from '../../http/guards/body-gate.js';
import { readBody } from '../../http/read-body.js';
import type { JsonWorker } from '../../json/json-worker.js';
import type { AuthFailureLog } from '../../live/auth-failure-log.js';
import type { LiveEnvironments } from '../../live/environments.js';
import { readSelfTest, SELF_TEST_PATH } from '../../reachability/ask-hub.js';
import type { SelfTest } from '../../reachability/self-test.js';
import { idleJob, type SnapshotInput, snapshotJob } from '../../snapshots/jobs.js';
import type { Store } from '../../store/store.js';
import { MAX_REPORT_BYTES, swarmReportJob } from '../../swarm/report-job.js';

const MAX_ENROL_BYTES = 16 * 1024;
/** An idle close without a snapshot is no larger; the bound is small even if compressed. */
const SMALL_BYTES = 128;
const SMALL_CALL: Pace = Object.freeze({ gapMs: 1_000, burst: 10 });
/** The same gap as snapshots. */
const LARGE_IDLE: Pace = Object.freeze({ gapMs: 10_000, burst: 1 });

export interface AgentDeps {
  readonly gateway: Gateway;
  readonly store: Store;
  readonly live: LiveEnvironments;
  readonly json: JsonWorker;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly enrolment: Enrolment;
  readonly doctorCalls: DoctorCalls;
  readonly doctorReports: DoctorReports;
  readonly idleClose: IdleClose;
  readonly authFailures: AuthFailureLog;
  readonly selfTest: SelfTest;
}

/** The agents' calls but check-ins. All are signed; authentication comes before any other answer. */
export function agentRoutes(deps: AgentDeps): Router {
  // Paths are signed as spelled, so each has one spelling.
  const router = new Router({ sensitive: true, strict: true });
  const { gateway, clock, logger, json } = deps;
  const gate = new BodyGate();
  const pace = new AgentPace(clock);

  const proofs = new AnswerProofs();

  // Errors are answered here and not further out, so that their answers carry a proof too.
  router.use(async (ctx, next) => {
    ctx.state.call = gateway.open('agent', ctx.path, ctx.req, ctx.res);
    try {
      await next();
    } catch (error) {
      gateway.failed.agent.add(asProblem(error));
      if (codeOf(error) === 'agent-unauthorized') deps.authFailures.note(logger);
      sendError(ctx, withHubTime(error, clock), logger);
    }
    proofs.prove(ctx);
  });

  router.post(AGENT_PATHS.enrol, async (ctx) => {
    const claim = parseAuthorization(ctx.get('authorization'));
    const address = ctx.req.socket.remoteAddress ?? '';
    const body = await gate.pass(address, (giveUp) => readBody(ctx.req, MAX_ENROL_BYTES, clock, { giveUp }));
    const request = { method: 'POST', path: ctx.url, body };
    ctx.body = await deps.enrolment.enrol(claim, request, (key) => {
      proofs.know(ctx, key, claim);
      identify(ctx, claim);
    });
  });

  router.post(AGENT_PATHS.snapshot, async (ctx) => {
    const agent = authenticate(ctx, AGENT_PATHS.snapshot);
    const receivedMs = clock.now();
    const { snapshots } = deps.live.of(agent.environment.id);
    snapshots.admit(agent.instance.id);
    const body = await readSigned(ctx, MAX_SNAPSHOT_BYTES);
    const snapshot = await json.run(agent.environment.id, snapshotJob, body, inputOf(agent, receivedMs));
    await snapshots.accept(agent.instance, snapshot);
    ctx.status = 204;
  });

  router.post(AGENT_PATHS.idle, async (ctx) => {
    const agent = authenticate(ctx, AGENT_PATHS.idle);
    const receivedMs = clock.now();
    deps.idleClose.requireAny(agent);
    const isLarge = !(Number(ctx.get('content-length') || Number.NaN) <= SMALL_BYTES);
    pace.admit(agent, isLarge ? 'large-idle' : 'idle', isLarge ? LARGE_IDLE : SMALL_CALL);
    const body = await readSigned(ctx, MAX_SNAPSHOT_BYTES);
    const input = inputOf(agent, receivedMs);
    const { tunnelId, snapshot } = await json.run(agent.environment.id, idleJob, body, input);
    await deps.idleClose.close(agent, tunnelId, snapshot);
    ctx.status = 200;
    ctx.body = {};
  });

  router.post(AGENT_PATHS.swarm, async (ctx) => {
    const agent = authenticate(ctx, AGENT_PATHS.swarm);
    const { environment, instance } = agent;
    const { roster } = deps.live.of(environment.id);
    roster.requireTrusted(instance);
    pace.admit(agent, 'swarm', SMALL_CALL);
    const body = await readSigned(ctx, MAX_REPORT_BYTES);
    const report = await json.run(environment.id, swarmReportJob, body, null);
    await roster.accept(instance, report);
    ctx.status = 204;
  });

  router.post(AGENT_PATHS.doctorReport, async (ctx) => {
    const agent = authenticate(ctx, AGENT_PATHS.doctorReport);
    pace.admit(agent, 'doctor-report', SMALL_CALL);
    deps.doctorReports.accept(agent, await readSigned(ctx, MAX_DOCTOR_REPORT_BYTES));
    ctx.status = 204;
  });

  // Signed with an Edge key, not by an instance.
  router.post(AGENT_PATHS.doctor, async (ctx) => {
    const claim = parseAuthorization(ctx.get('authorization'));
    const proven = (key: Buffer) => {
      proofs.know(ctx, key, claim);
      identify(ctx, claim);
    };
    const read = () => readBody(ctx.req, MAX_DOCTOR_BYTES, clock);
    ctx.body = await deps.doctorCalls.answer(claim, headOf(ctx), proven, read);
    ctx.set('cache-control', 'no-store');
  });

  // For the hub's own self-test only.
  router.get(SELF_TEST_PATH, (ctx) => {
    const answer = deps.selfTest.answer(readSelfTest(ctx.get('authorization')));
    if (answer === undefined) throw unauthorized();
    ctx.set('cache-control', 'no-store');
    ctx.body = { answer };
  });

  /** Uses the head only: unknown callers need not send a body. */
  function authenticate(ctx: Context, path: AgentPath): AuthenticatedAgent {
    const { store, live } = deps;
    const head = headOf(ctx);
    const claim = parseAuthorization(ctx.get('authorization'));
    const agent = findSigner(store, clock, claim, head);
    identify(ctx, claim);
    proofs.know(ctx, Buffer.from(agent.instance.secret, 'base64url'), claim);
    requireNewTimestamp(live.of(agent.environment.id).presence, clock, path, claim);
    return agent;
  }

  /** Reads the signed body and authenticates again once all of it is there. */
  async function readSigned(ctx: Context, maxBytes: number): Promise<Buffer> {
    const claim = parseAuthorization(ctx.get('authorization'));
    // Chunk by chunk: hashing 8 MiB in one turn would block the event loop on a slow machine.
    const hash = createHash('sha256');
    const body = await readBody(ctx.req, maxBytes, clock, { onChunk: (chunk) => hash.update(chunk) });
    if (hash.digest('base64url') !== claim.bodyHash) throw unauthorized();
    findSigner(deps.store, clock, claim, headOf(ctx));
    return body;
  }

  return router;
}

function inputOf({ instance }: AuthenticatedAgent, receivedMs: number): SnapshotInput {
  return { nodeId: instance.node?.nodeId ?? null, receivedMs };
}

/** The call's record names its agent, once that is proven. */
function identify(ctx: Context, { environmentId, instanceId }: RequestClaim): void {
  const call: OpenCall = ctx.state.call;
  Object.assign(call, { environmentId, instanceId });
}

function headOf({ method, url }: Context): SignedHead {
  return { method, path: url };
}
