import type { Context } from 'koa';
import { ANSWER_PROOF, proveAnswer } from '../../../protocol/crypto/answer-proof.js';
import type { RequestClaim } from '../../../protocol/crypto/request-signature.js';

/** Adds a proof to each answer of a call with a known signer, errors included. */
export class AnswerProofs {
  readonly #signers = new WeakMap<Context, { readonly key: Uint8Array; readonly requestMac: string }>();

  /** Remembers the key that signed the call; its answer is proven with it. */
  know(ctx: Context, key: Uint8Array, { mac }: RequestClaim): void {
    this.#signers.set(ctx, { key, requestMac: mac });
  }

  /** Fixes the answer's bytes and adds the header; does nothing for unknown signers. */
  prove(ctx: Context): void {
    const signer = this.#signers.get(ctx);
    if (!signer) return;
    const body = bytesOf(ctx.body);
    if (body.length > 0) ctx.body = body;
    const answer = { status: ctx.status, etag: ctx.response.get('etag') || undefined, body };
    ctx.set(ANSWER_PROOF, proveAnswer(signer.key, signer.requestMac, answer));
  }
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
