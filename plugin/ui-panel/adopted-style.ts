/**
 * Stands where xterm.js would put a `<style>` (tools/build-panel.ts sees to that): its text becomes a constructed style
 * sheet of the tree it is in, which a page's `style-src` without `unsafe-inline` allows.
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
