/** An image's name as people gave it: a Swarm adds the digest that it found. */
export function withoutDigest(image: string): string {
  return image.replace(/@sha256:.*$/, '');
}
