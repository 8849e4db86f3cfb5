import type { Host, Principal } from '../../host.js';

/** The environments that a principal may read: the one it is bound to, or all, as far as the host allows. */
export function visibleTo(host: Host, principal: Principal): (environmentId: number) => boolean {
  const { environmentId: own } = principal;
  return (id) => (own === undefined || own === id) && host.authorize?.(principal, 'read', id) !== false;
}
