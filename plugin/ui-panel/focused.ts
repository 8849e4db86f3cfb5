/** What has the keyboard, in whichever shadow tree it is. */
export function focused(root: DocumentOrShadowRoot): HTMLElement | null {
  const { activeElement } = root;
  if (!(activeElement instanceof HTMLElement)) return null;
  return activeElement.shadowRoot ? (focused(activeElement.shadowRoot) ?? activeElement) : activeElement;
}
