/** A container's first name without Docker's slash; otherwise the start of its id. */
export function containerName(id: string, names: readonly string[]): string {
  return names[0]?.replace(/^\//, '') || id.slice(0, 12);
}
