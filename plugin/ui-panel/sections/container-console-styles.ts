import xtermCss from '@xterm/xterm/css/xterm.css';
import { css, unsafeCSS } from 'lit';

/** Console styles: xterm.js's own, and its frame. */
export const containerConsoleStyles = [
  unsafeCSS(xtermCss),
  css`
    form {
      display: flex;
      flex-wrap: wrap;
      gap: 0.6rem;
      align-items: end;
      margin: 0.6rem 0;
    }
    label {
      flex: 1 1 9rem;
    }
    .screen {
      height: 22rem;
      max-height: 70vh;
      padding: 0.4rem;
      border: 1px solid var(--line);
      border-radius: 0.4rem;
      background: #0b0e13;
      overflow: hidden;
    }
    .screen:focus-within {
      outline: 2px solid var(--accent);
      outline-offset: 2px;
    }
    #keys {
      margin: 0.4rem 0 0;
      font-size: 0.85rem;
    }
  `,
];
