/** An image name without the digest that a Swarm adds. */
export function withoutDigest(image: string): string {
  return image.replace(/@sha256:.*$/, '');
}
