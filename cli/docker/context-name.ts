/** Docker's rule for names of contexts. */
const ALLOWED = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

/** A name that Docker accepts for a context: the environment's own, or one made from it. */
export function contextNameOf({ id, name }: { readonly id: number; readonly name: string }): string {
  const fitted = ALLOWED.test(name)
    ? name
    : name
        .normalize('NFKD')
        .replaceAll(/\p{M}/gu, '')
        .replaceAll(/[^a-zA-Z0-9_.+-]+/g, '-')
        .replaceAll(/^[^a-zA-Z0-9]+|-+$/g, '');
  // `default` is Docker's own.
  return ALLOWED.test(fitted) && fitted !== 'default' ? fitted : `environment-${id}`;
}

/** Whether Docker accepts it as a name of a context. */
export function isContextName(name: string): boolean {
  return ALLOWED.test(name) && name !== 'default';
}
