import type { Host, Principal } from '../../host.js';

/** Which environments somebody may read: what they are bound to, as far as the host agrees. */
export function visibleTo(host: Host, principal: Principal): (environmentId: number) => boolean {
  const { environmentId: own } = principal;
  return (id) => (own === undefined || own === id) && host.authorize?.(principal, 'read', id) !== false;
}
