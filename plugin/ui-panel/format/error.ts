import { html, type TemplateResult } from 'lit';

/** Anything that was thrown, as an error. */
export function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** An error's message as a notice; null: no notice. */
export function errorNotice(error: { readonly message: string } | null): TemplateResult | '' {
  return error ? html`<p class="notice bad" role="alert">${error.message}</p>` : '';
}
