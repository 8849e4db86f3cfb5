import { css } from 'lit';

/** Styles of log lines. */
export const logPaneStyles = css`
  .lines {
    position: relative;
    height: 24rem;
    max-height: 70vh;
    padding: 0.5rem 0;
    overflow: auto;
    overflow-anchor: none;
    border: 1px solid var(--line);
    border-radius: 0.4rem;
    background: var(--raised);
    font:
      0.85rem / 1.45 ui-monospace,
      monospace;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .lines > div {
    min-height: 1.45em;
    padding: 0 0.7rem;
    border-left: 3px solid transparent;
  }
  .lines > .error {
    border-left-color: var(--bad);
  }
  .time,
  .task,
  .stream {
    color: var(--soft);
  }
  .stream {
    margin-right: 0.6em;
    font-size: 0.75rem;
    user-select: none;
  }
  .error > .stream {
    color: var(--bad);
  }
  mark {
    color: #1b2430;
    background: #ffd54a;
  }
  .current {
    background: var(--ground);
    outline: 1px solid var(--accent);
    outline-offset: -1px;
  }
`;
