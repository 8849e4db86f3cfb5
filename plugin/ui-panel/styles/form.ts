import { css } from 'lit';

/** Fields, as `textField` renders them. */
export const fieldStyles = css`
  .field {
    display: grid;
    gap: 0.2rem;
  }
  textarea {
    font-family: inherit;
    width: 100%;
    padding: 0.3rem 0.75rem;
    border: 1px solid var(--edge);
    border-radius: 0.4rem;
    background: var(--ground);
    resize: vertical;
  }
  [aria-invalid='true'] {
    border-color: var(--bad);
    box-shadow: inset 0 0 0 1px var(--bad);
  }
  .hint {
    font-size: 0.85rem;
    color: var(--soft);
    overflow-wrap: anywhere;
  }
  .fault {
    color: var(--bad);
    font-size: 0.9rem;
    overflow-wrap: anywhere;
  }
`;

/** A form of fields one below the other, and the content next to it. */
export const formStyles = css`
  .columns {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
    gap: 1.5rem;
    align-items: start;
    margin: 1rem 0;
  }
  form {
    display: grid;
    gap: 0.9rem;
  }
  form > button {
    justify-self: start;
  }
  .bar.save {
    justify-content: start;
  }
`;
