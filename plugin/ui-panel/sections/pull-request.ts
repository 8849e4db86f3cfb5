/** Who asks a private registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** What `POST /images/create` is asked for: without a tag it would be all of them. */
export function pullPath(reference: string): string {
  const { fromImage, tag } = parseReference(reference);
  return `/images/create?${new URLSearchParams({ fromImage, tag })}`;
}

/** `name`, `name:tag` and `name@digest`; a port is no tag. */
export function parseReference(reference: string): { readonly fromImage: string; readonly tag: string } {
  const [, fromImage = '', digest, tag] = /^([^@]*?)(?:@(.+)|:([^/:@]+))?$/.exec(reference.trim()) ?? [];
  return { fromImage, tag: digest ?? tag ?? 'latest' };
}

/** The `X-Registry-Auth` header: JSON in Base64 for URLs, with its padding. */
export function registryAuth({ username, password }: RegistryLogin): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ username, password }));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}
