import { Readable } from 'node:stream';
import Router from '@koa/router';
import type { Context } from 'koa';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Store } from '../store/store.js';
import { environmentIdOf, requireEnvironment } from './access.js';
import type { AnyAnswer, Operation, OperationInput, OperationSpec } from './define-operation.js';
import { asProblem } from './error-reply.js';
import type { Gateway, OpenCall } from './gateway.js';
import { BodyGate } from './guards/body-gate.js';
import { parseJsonBytes, readBody } from './read-body.js';

const MAX_BODY_BYTES = 64 * 1024;
const ENVIRONMENT = '/api/environments/:id';

/** What reading a call needs. */
export interface CallReaders {
  readonly gateway: Gateway;
  readonly store: Pick<Store, 'environment'>;
  readonly clock: Clock;
}

/** Routes for operations defined with `defineOperation`. */
export function operationRoutes<Deps>(
  operations: readonly Operation<Deps>[],
  deps: Deps & CallReaders,
): Router {
  const router = new Router({ sensitive: true });
  const gate = new BodyGate();
  for (const { spec, answer } of operations) {
    if (answer === null) continue;
    router.register(spec.path, [spec.method], async (ctx) => {
      const call = deps.gateway.open('rest', spec.id, ctx.req, ctx.res);
      try {
        const input = await readCall(deps, spec, ctx, call, gate);
        send(ctx, spec, await answer(input, deps), input.signal);
      } catch (error) {
        deps.gateway.failed.rest.add(asProblem(error));
        throw error;
      }
    });
  }
  return router;
}

/** Authentication comes first, then the environment, then the rest, so that unknown callers learn nothing. */
async function readCall(
  { store, clock }: CallReaders,
  spec: OperationSpec,
  ctx: Context,
  call: OpenCall,
  gate: BodyGate,
): Promise<OperationInput<OperationSpec>> {
  // Before authentication: the caller may disconnect during it.
  const signal = signalOf(ctx);
  const params: Record<string, string> = ctx.params;
  const isOfEnvironment = spec.path === ENVIRONMENT || spec.path.startsWith(`${ENVIRONMENT}/`);
  const environmentId = isOfEnvironment ? environmentIdOf(params.id) : null;
  const { access: action } = spec;
  const readmit =
    action === 'public' || action === 'signed'
      ? null
      : () => call.admit(action, spec.showsOwn ? 'own' : environmentId);
  const access = readmit && (await readmit());
  if (spec.refusesBound && access?.principal.environmentId !== undefined) {
    throw problem('forbidden', {
      detail: 'A caller bound to one environment may not create other credentials',
    });
  }
  const environment = isOfEnvironment ? requireEnvironment(store, environmentId) : null;
  const query = spec.query?.parse({ ...ctx.query });
  const isSigned = spec.access === 'signed';
  const address = ctx.req.socket.remoteAddress ?? '';
  const read = (giveUp?: AbortSignal) =>
    readBody(ctx.req, spec.maxBodyBytes ?? MAX_BODY_BYTES, clock, { giveUp });
  const bytes = !spec.body ? null : isSigned ? await gate.pass(address, read) : await read();
  const input = {
    access,
    readmit,
    environment,
    params,
    query,
    body: bytes && !isSigned ? spec.body?.parse(bytes.length === 0 ? {} : parseJsonBytes(bytes)) : undefined,
    bytes: isSigned ? bytes : null,
    headers: ctx.headers,
    address,
    origin: `${ctx.protocol}://${ctx.host}`,
    signal,
  };
  return input as OperationInput<OperationSpec>;
}

function send(
  ctx: Context,
  spec: OperationSpec,
  { status, headers = {}, body }: AnyAnswer,
  signal: AbortSignal,
): void {
  const isText = Buffer.isBuffer(body) || body instanceof Readable;
  const type =
    headers['content-type'] ?? spec.answers[status]?.type ?? (isText ? 'application/json' : undefined);
  ctx.status = status;
  ctx.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers });
  if (type !== undefined) ctx.type = type;
  if (body instanceof Readable) endWith(signal, body);
  if (body !== undefined) ctx.body = body;
}

/** Destroys the stream when the caller disconnects. */
function endWith(signal: AbortSignal, body: Readable): void {
  if (signal.aborted) body.destroy();
  else signal.addEventListener('abort', () => body.destroy(), { once: true });
}

function signalOf(ctx: Context): AbortSignal {
  const closed = new AbortController();
  ctx.res.once('close', () => closed.abort(problem('client-gone')));
  return closed.signal;
}
