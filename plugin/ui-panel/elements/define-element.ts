/** Defines a custom element unless it is defined: a page may load two copies of the panel. */
export function defineElement(name: `fairlead-${string}`, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}
