/** Asks the panel to show `path`; see {@link parseRoute}. */
export function navigate(from: EventTarget, path: string): void {
  from.dispatchEvent(new CustomEvent('navigate', { detail: path, bubbles: true, composed: true }));
}
