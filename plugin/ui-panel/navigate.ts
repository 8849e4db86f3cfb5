/** Asks the panel to show what is at `path`; see {@link parseRoute}. */
export function navigate(from: EventTarget, path: string): void {
  from.dispatchEvent(new CustomEvent('navigate', { detail: path, bubbles: true, composed: true }));
}
