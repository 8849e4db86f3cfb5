import { css } from 'lit';

/** Styles of a resource list: a table on wide screens, cards on narrow ones. */
export const resourceListStyles = css`
  .filter {
    width: min(20rem, 100%);
  }
  .bulk {
    position: sticky;
    top: 0;
    z-index: 1;
    margin: 0.6rem 0;
    padding: 0.5rem 0.8rem;
    border: 1px solid var(--accent);
    border-radius: 0.4rem;
    background: var(--ground);
  }
  .outcomes ul {
    max-height: 10rem;
    overflow-y: auto;
    margin: 0.5rem 0 0;
    padding-left: 1.2rem;
  }
  [role='table'] {
    display: grid;
    grid-template-columns: var(--tracks);
    column-gap: 1rem;
    margin: 0.8rem 0;
    border: 1px solid var(--line);
    border-radius: 0.5rem;
  }
  [role='row'] {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
    min-height: 3.2rem;
    padding: 0.35rem 0.8rem;
  }
  [role='row'] + [role='row'] {
    border-top: 1px solid var(--line);
  }
  .head {
    min-height: 2.4rem;
    font-size: 0.85rem;
    color: var(--soft);
    background: var(--raised);
    border-radius: 0.5rem 0.5rem 0 0;
  }
  .head button {
    min-height: 1.8rem;
    padding: 0;
    border: 0;
    background: none;
    color: inherit;
  }
  [role='cell'] {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  [role='cell'] .badge {
    white-space: normal;
  }
  [role='cell'] .line {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  [role='cell'] .soft {
    font-size: 0.85rem;
  }
  .name {
    font-weight: 600;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.4rem;
    justify-content: flex-end;
  }
  @media (max-width: 56rem) {
    [role='table'] {
      grid-template-columns: minmax(0, 1fr);
    }
    [role='row'] {
      grid-template-columns: 1.6rem minmax(0, 1fr);
      column-gap: 0.4rem;
      row-gap: 0.25rem;
      align-items: start;
      padding: 0.6rem 0.8rem;
    }
    .readonly [role='row'] {
      grid-template-columns: minmax(0, 1fr);
    }
    [role='row'] > :not(:first-child) {
      grid-column: -2;
    }
    .head {
      display: flex;
      flex-wrap: wrap;
      gap: 0.3rem 1rem;
    }
    .tools {
      justify-content: flex-start;
    }
    [role='cell'][data-title]:not(:nth-child(-n + 2))::before {
      content: attr(data-title) ' ';
      font-size: 0.85rem;
      color: var(--soft);
    }
  }
`;
