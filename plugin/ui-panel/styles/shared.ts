import { css } from 'lit';

/** Shared styles. Colours keep WCAG AA on both backgrounds; a host may set the fonts. */
export const styles = css`
  :host {
    display: block;
    color: var(--ink);
    --ground: light-dark(#ffffff, #14181f);
    --raised: light-dark(#f5f7fa, #1d232d);
    --ink: light-dark(#1b2430, #e6eaf0);
    --soft: light-dark(#55606e, #a3afbd);
    --line: light-dark(#d5dbe3, #353e4b);
    --edge: light-dark(#7b8794, #77839a);
    --accent: light-dark(#1d4ed8, #8ab4ff);
    --on-accent: light-dark(#ffffff, #10203c);
    --good: light-dark(#15722f, #62d184);
    --bad: light-dark(#b3261e, #ff9b93);
    --busy: light-dark(#8a5300, #f3bd5e);
  }
  * {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h2 {
    font-size: 1.25rem;
    margin: 0;
    overflow-wrap: anywhere;
  }
  h2:focus {
    outline: none;
  }
  h3 {
    font-size: 1rem;
    margin: 0;
    overflow-wrap: anywhere;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
    min-height: 2.25rem;
    padding: 0.3rem 0.75rem;
    border: 1px solid var(--edge);
    border-radius: 0.4rem;
    background: var(--ground);
  }
  input,
  select {
    width: 100%;
  }
  input[type='checkbox'] {
    width: 1.1rem;
    height: 1.1rem;
    min-height: 0;
    margin: 0;
    accent-color: var(--accent);
  }
  .check {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    color: var(--ink);
  }
  button {
    cursor: pointer;
    white-space: nowrap;
  }
  button:hover {
    background: var(--raised);
  }
  button[aria-pressed='true'],
  button[aria-selected='true'],
  button[aria-current='page'] {
    border-color: var(--accent);
    box-shadow: inset 0 -3px var(--accent);
  }
  button:disabled {
    cursor: default;
    color: var(--soft);
    border-color: var(--line);
  }
  button.main {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  button.main:hover {
    filter: brightness(1.1);
  }
  button.main:disabled {
    background: var(--raised);
    border-color: var(--line);
    color: var(--soft);
    filter: none;
  }
  button.danger {
    border-color: var(--bad);
    color: var(--bad);
    font-weight: 600;
  }
  button.danger:hover {
    background: var(--bad);
    color: var(--ground);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  label {
    display: grid;
    gap: 0.2rem;
    font-size: 0.85rem;
    color: var(--soft);
  }
  label > * {
    font-size: 1rem;
    color: var(--ink);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 0.6rem;
    align-items: center;
    justify-content: space-between;
  }
  .bar > .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.4rem;
  }
  .offers {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    margin: 0 0 0.8rem;
  }
  .soft {
    color: var(--soft);
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .notice {
    margin: 0.8rem 0;
    padding: 0.6rem 0.8rem;
    border: 1px solid var(--line);
    border-left: 4px solid var(--edge);
    border-radius: 0.4rem;
    background: var(--raised);
    overflow-wrap: anywhere;
  }
  .notice.bad {
    border-left-color: var(--bad);
  }
  .notice.good {
    border-left-color: var(--good);
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 0.35rem;
    white-space: nowrap;
    font-size: 0.9rem;
  }
  .shape {
    flex: none;
    width: 0.75rem;
    height: 0.75rem;
    border: 2px solid var(--soft);
    border-radius: 50%;
  }
  .good > .shape {
    border-color: var(--good);
    background: var(--good);
  }
  .bad > .shape {
    border-color: var(--bad);
    background: var(--bad);
    border-radius: 0;
    transform: rotate(45deg) scale(0.85);
  }
  .busy > .shape {
    border-color: var(--busy);
    background: linear-gradient(90deg, var(--busy) 50%, transparent 50%);
  }
  pre {
    margin: 0;
    padding: 0.7rem;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: 0.4rem;
    background: var(--raised);
    font:
      0.85rem / 1.45 ui-monospace,
      monospace;
  }
`;
