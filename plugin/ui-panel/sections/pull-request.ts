/** Credentials for a private registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** Path of the pull, always with a tag: without one Docker pulls all tags. */
export function pullPath(reference: string): string {
  const { fromImage, tag } = parseReference(reference);
  return `/images/create?${new URLSearchParams({ fromImage, tag })}`;
}

/** `name`, `name:tag` and `name@digest`; a port is not a tag. */
export function parseReference(reference: string): { readonly fromImage: string; readonly tag: string } {
  const [, fromImage = '', digest, tag] = /^([^@]*?)(?:@(.+)|:([^/:@]+))?$/.exec(reference.trim()) ?? [];
  return { fromImage, tag: digest ?? tag ?? 'latest' };
}

/** The `X-Registry-Auth` header: JSON in Base64url with padding. */
export function registryAuth({ username, password }: RegistryLogin): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ username, password }));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
