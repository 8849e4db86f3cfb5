import { html, type TemplateResult } from 'lit';
import type { FormState } from './form-state.js';

export interface TextFieldOptions {
  readonly label: string;
  readonly hint?: string | TemplateResult;
  readonly type?: 'text' | 'url' | 'number' | 'lines';
  readonly required?: boolean;
  readonly maxLength?: number;
  /** Called for each edit. */
  readonly onInput?: () => void;
  /** Called when the field loses focus with a new value. */
  readonly onChange?: () => void;
}

/** A form field with its label, hint and error. Type `lines` is a multi-line field. */
export function textField<Name extends string>(
  form: FormState<Name>,
  name: Name,
  { label, hint = '', type = 'text', required, maxLength, onInput, onChange }: TextFieldOptions,
): TemplateResult {
  const isWrong = form.fault?.field === name;
  const input = (event: Event) => {
    form.set(name, (event.target as HTMLInputElement).value);
    onInput?.();
  };
  const value = form.value(name);
  const control =
    type === 'lines'
      ? html`<textarea name=${name} rows="2" .value=${value} aria-describedby=${`${name}-hint ${name}-fault`}
          aria-invalid=${isWrong} @input=${input}></textarea>`
      : html`<input name=${name} type=${type} .value=${value} ?required=${required} maxlength=${maxLength ?? 2048}
          step="any" autocomplete="off" aria-describedby=${`${name}-hint ${name}-fault`} aria-invalid=${isWrong}
          @input=${input} @change=${onChange}>`;
  return html`<div class="field">
    <label>${label}${control}</label>
    ${hint ? html`<span class="hint" id=${`${name}-hint`}>${hint}</span>` : ''}
    ${isWrong ? html`<span class="fault" id=${`${name}-fault`} role="alert">${form.fault?.message}</span>` : ''}
  </div>`;
}

/** The lines of a text, trimmed, without empty ones. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
