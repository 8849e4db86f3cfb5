import type { ReactiveControllerHost } from 'lit';
import { Subscription } from './subscription.js';

const TICK_MS = 1_000;

/** Renders the host each second while it is in a visible page, to refresh ages. */
export function tick(host: ReactiveControllerHost): void {
  new Subscription(host, () => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') host.requestUpdate();
    }, TICK_MS);
    return () => clearInterval(timer);
  });
}
