import Router from '@koa/router';
import type { Context } from 'koa';
import {
  AGENT_PATHS,
  checkInQuerySchema,
  idleRequestSchema,
  idleTunnelSchema,
  swarmReportSchema,
} from '../../../protocol/agent-calls.js';
import { codeOf } from '../../../protocol/edge-error.js';
import {
  parseAuthorization,
  type SignedHead,
  unauthorized,
  verifyBody,
} from '../../../protocol/request-signature.js';
import { MAX_SNAPSHOT_BYTES, snapshotSchema } from '../../../protocol/snapshot.js';
import { type AuthenticatedAgent, findSigner, requireNewStamp } from '../environments/authenticate-agent.js';
import { readSelfTest, SELF_TEST_PATH } from '../self-test/ask-hub.js';
import type { Services } from '../services.js';
import { AnswerProofs } from './answer-proofs.js';
import { sendError, withHubTime } from './error-reply.js';
import { preferredWait } from './preferred-wait.js';
import { parseJsonBytes, readBody } from './read-body.js';

const MAX_ENROL_BYTES = 16 * 1024;
/** Of a report of as many nodes as it may name. */
const MAX_REPORT_BYTES = 1024 * 1024;

/** The calls of agents. Every one is signed; authentication comes before any other answer. */
export function agentRoutes(services: Services): Router {
  // Paths are signed as they are spelled: each has one spelling.
  const router = new Router({ sensitive: true, strict: true });
  const { clock, logger } = services;

  const proofs = new AnswerProofs();

  // Refusals are made here and not further out, so that they are proven, too.
  router.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (codeOf(error) === 'agent-unauthorized') services.strangers.note(logger);
      sendError(ctx, withHubTime(error, clock), logger);
    }
    proofs.prove(ctx);
  });

  router.post(AGENT_PATHS.enrol, async (ctx) => {
    const claim = parseAuthorization(ctx.get('authorization'));
    const body = await readBody(ctx.req, MAX_ENROL_BYTES, clock);
    const request = { method: 'POST', path: ctx.url, body };
    ctx.body = await services.enrolment.enrol(claim, request, (key) => proofs.know(ctx, key, claim));
  });

  router.get(AGENT_PATHS.checkIn, async (ctx) => {
    const agent = authenticate(ctx);
    const gone = new AbortController();
    ctx.res.once('close', () => gone.abort());
    const { etag, body } = await services.checkIns.answer({
      ...agent,
      query: checkInQuerySchema.parse({ ...ctx.query }),
      etag: ctx.get('if-none-match') || undefined,
      waitSeconds: preferredWait(ctx.get('prefer')),
      signal: gone.signal,
    });
    ctx.set('etag', etag);
    ctx.set('cache-control', 'no-store');
    if (body) ctx.body = body;
    else ctx.status = 304;
  });

  router.post(AGENT_PATHS.snapshot, async (ctx) => {
    const agent = authenticate(ctx);
    services.snapshotDesk.admit(agent);
    const body = await readSigned(ctx, MAX_SNAPSHOT_BYTES);
    await services.snapshotDesk.take(agent, snapshotSchema.parse(parseJsonBytes(body)));
    ctx.status = 204;
  });

  router.post(AGENT_PATHS.idle, async (ctx) => {
    const agent = authenticate(ctx);
    const request = parseJsonBytes(await readSigned(ctx, MAX_SNAPSHOT_BYTES));
    // Before the snapshot is looked at.
    services.idleClose.requireOpen(agent, idleTunnelSchema.parse(request).tunnelId);
    const { tunnelId, snapshot } = idleRequestSchema.parse(request);
    await services.idleClose.close(agent, tunnelId, snapshot);
    ctx.status = 200;
    ctx.body = {};
  });

  router.post(AGENT_PATHS.swarm, async (ctx) => {
    const { environment, instance } = authenticate(ctx);
    const report = swarmReportSchema.parse(parseJsonBytes(await readSigned(ctx, MAX_REPORT_BYTES)));
    await services.roster.take(environment.id, instance, report);
    ctx.status = 204;
  });

  // The hub's own call: nobody else has a question that is answered here.
  router.get(SELF_TEST_PATH, (ctx) => {
    const answer = services.selfTest.answer(readSelfTest(ctx.get('authorization')));
    if (answer === undefined) throw unauthorized();
    ctx.set('cache-control', 'no-store');
    ctx.body = { answer };
  });

  /** By the head alone: strangers send no body. */
  function authenticate(ctx: Context): AuthenticatedAgent {
    const { store, presence } = services;
    const head = headOf(ctx);
    const claim = parseAuthorization(ctx.get('authorization'));
    const agent = findSigner(store, clock, claim, head);
    proofs.know(ctx, Buffer.from(agent.instance.secret, 'base64url'), claim);
    requireNewStamp(presence, clock, agent.environment.id, head, claim);
    return agent;
  }

  /** The body that the agent signed, if it is still one of ours when all of it is there. */
  async function readSigned(ctx: Context, maxBytes: number): Promise<Buffer> {
    const claim = parseAuthorization(ctx.get('authorization'));
    const body = await readBody(ctx.req, maxBytes, clock);
    if (!verifyBody(claim, body)) throw unauthorized();
    findSigner(services.store, clock, claim, headOf(ctx));
    return body;
  }

  return router;
}

function headOf({ method, url }: Context): SignedHead {
  return { method, path: url };
}
