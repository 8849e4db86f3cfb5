import { css } from 'lit';

/** Styles of the Swarm's node cards. */
export const swarmNodeStyles = css`
  .map {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr));
    gap: 1rem;
    margin: 0.8rem 0;
    padding: 0;
    list-style: none;
  }
  .node {
    display: flex;
    flex-direction: column;
    gap: 0.6rem;
    min-width: 0;
    padding: 0.9rem 1rem;
    border: 1px solid var(--line);
    border-radius: 0.5rem;
  }
  .node > * {
    margin: 0;
  }
  h4 {
    font-size: 1.05rem;
    overflow-wrap: anywhere;
  }
  .roles,
  .badges,
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.3rem 0.9rem;
  }
  .role {
    padding: 0 0.5rem;
    border: 1px solid var(--edge);
    border-radius: 1rem;
    font-size: 0.85rem;
  }
  .roles {
    gap: 0.3rem;
  }
  dl {
    display: grid;
    gap: 0.2rem;
    font-size: 0.9rem;
  }
  dl > div {
    display: grid;
    grid-template-columns: 6.5rem minmax(0, 1fr);
    gap: 0.5rem;
  }
  dt {
    color: var(--soft);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .tools {
    gap: 0.4rem;
    margin-top: auto;
    padding-top: 0.3rem;
  }
`;
