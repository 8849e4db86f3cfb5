/** The focused element, across shadow trees. */
export function focused(root: DocumentOrShadowRoot): HTMLElement | null {
  const { activeElement } = root;
  if (!(activeElement instanceof HTMLElement)) return null;
  return activeElement.shadowRoot ? (focused(activeElement.shadowRoot) ?? activeElement) : activeElement;
}
