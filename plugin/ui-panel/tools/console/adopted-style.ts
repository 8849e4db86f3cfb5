/**
 * Replaces the `<style>` that xterm.js would insert (see tools/build/panel.ts). Its text goes into a constructed style
 * sheet of the containing tree, which a page's `style-src` without `unsafe-inline` allows.
 */
export class AdoptedStyleElement extends HTMLElement {
  readonly #sheet = new CSSStyleSheet();
  #root: Document | ShadowRoot | null = null;

  connectedCallback(): void {
    const root = this.getRootNode();
    if (!(root instanceof Document || root instanceof ShadowRoot)) return;
    this.#root = root;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, this.#sheet];
  }

  disconnectedCallback(): void {
    if (!this.#root) return;
    this.#root.adoptedStyleSheets = this.#root.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
    this.#root = null;
  }

  override get textContent(): string {
    return '';
  }
  override set textContent(css: string) {
    this.#sheet.replaceSync(css);
  }
}
