/** Defines a custom element, unless another copy of the panel has: a page may get it from two places. */
export function defineElement(name: `fairlead-${string}`, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
